record R<T>(int a, @N T... b) implements I { R { assert a > 0 : "x"; } }
enum E { A, B(1) { void f() {} }, ; int z; }
@interface N { String value() default "v"; int[] k = {}; }
non-sealed interface I {
    default void f() {
        Runnable r = () -> {};
        Function<A, B> g = (var x, var y) -> x + y, h = int[]::new;
    }
    private int q();
}
