package a.b;
import static java.util.List.*; import c.D;
/** A */
@B(x = {1, 2,}) public sealed abstract class C<T extends Comparable<T> & D, U>
        extends E<List<Map<T, ? super U>>> implements F, G permits H {
    private static final int[] x = {1, 0x1F_fL, 0b11}, y[] = new int[3][];
    @Override protected <V> V f(final int a, String... b) throws X, Y {
        int c = (int) +a, d;
        for (int i = 0, j; i < c; i++, --j) { if (a >> 2 == b.length) continue; else break; }
        return (V) this.<V>g(a, (B & D) null);
    }
    C() { super(); } static { System.out.println("a\n\u0041" + 'c' + 1.5e3f); }
}
