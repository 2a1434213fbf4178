typedef struct node { struct node *next; int value; } node; int f(int, ...); void *malloc(unsigned long);
int main(int argc, char **argv) {
    node *list = (node *)malloc(sizeof(node)), copy = (node){0, .value = 1e3 > .5f}; // two
    for (int i = 0, j = argc - -1; i < 10 && j; i++, --j) if (i % 2) continue; else break;
    while (list->next != (void *)0) { list = list->next; *&list->value <<= 2, argc ^= ~argc; }
    do { switch (argc) { case 1: case 2 ... 5: argc = 3; default: goto done; } } while (!argc);
    int k = _Generic(argc, int: 1, default: f(2)) ? argc ?: 2 : ({ int t = argv[0][1]; t; });
    asm volatile("nop" : "=r"(k) : [in] "0"(argc) : "memory"); /* three */ void *p = &&done;
    return __builtin_offsetof(node, value) + sizeof argv * k; done: return -+k;
}
# 99 "main.c" 2
#pragma once
