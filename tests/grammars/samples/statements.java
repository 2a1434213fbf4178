import a.*;
class A {
    int f(Object o) {
        label: do { switch (o) { case 1, 2: case 3: x = 3; default: break; } }
        while (!(o instanceof final String s) || s.length() > 1);
        return switch (k) { case A -> 1; case B -> { yield 2; } default -> throw new X(); };
    }
    void g() {
        try (var r = new R(); s) { synchronized (this) { a[1].b().c = d ? e : f -> g; } }
        catch (final A | B e) { throw e; } finally { ; }
        int record = 1; String t = """
            "x" \""" y
            """;
        new <T>A<>(1) { }; a.new B(); A.super.f(); i = j += ~-k++ >>> 2; // j
        for (final var q : z) q.r();
    }
}
