typedef unsigned long int size_t; typedef struct point point; struct point { double x; int y : 1; };
extern int printf(const char *restrict format, ...) __attribute__((format(printf, 1, 2), nothrow));
static const char *const names[] = {"a\n" "b", [3] = "\x41", u8"é"}, letter = '\'';
_Static_assert(sizeof(int) >= 2u, "int"); enum color { RED, GREEN = 0x1Fu, BLUE, };
union { struct { int a, : 3, b : 2; }; float f; } u = {.a = 1, .b = 2}, *(*table[2])(void), v[];
_Alignas(16) _Thread_local long long _Atomic counter; int (*signal(int, void (*)(int)))(int);
typeof(1 + 1) z; __extension__ typedef int v4 __attribute__((__vector_size__(16)));
inline static _Noreturn void stop(void) { for (;;) ; }
int old(a, b) int a; char *b; { return a + *b; }
