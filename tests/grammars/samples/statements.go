package main

func main() {
	if x := (T{1}); x == (T{}) && []int{2}[0] > 1 {
	} else if y, ok := x.(interface{ M() }); ok { _ = y } else { x.n++ }
outer:
	for i := 0; i < 10; i += 2 {
		for range items {
			continue outer
		}
		for ; ; { break }
		for key, m["v"] = range (map[string]int{"a": 1}) { goto end }
	}
	switch v := x.(type) {
	case nil, *int, []func(): fallthrough
	case func() (int, error):
		go func() { <-done }()
	default:
		defer close(ch)
	}
	switch n := f(); {
	case n > 1, n&^3 == 0:
	}
	select {
	case ch <- -*p:
	case v, ok := <-ch:
		a[0], b.c = v, ok
	default:
	}
	{ ; var q = [...]T{0: {1, 2}, 5: {n: &U{}}}; q[1] <<= 2 }
	s := a[1:] ; s = s[:n:cap(s)]
	call(
		make([]int, 3), "str\u00e9\"", `raw
		string`, args...,
	)
	g := Generic[int, []string](1).
		Method(func(x int) (y T) { return T{x} })
	p := (*[4]byte)(q); ch = (<-chan int)(ch); go []func() T(x)[0]()
	'\''.x(interface{}(1), chan int(nil), [](func())(nil), struct{}{})
end:
}
