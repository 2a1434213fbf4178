// Package shapes has one of everything that can be declared.
package shapes

import "fmt"
import (
	. "math"
	_ "os"; str "strings" /* two on a line */
)

const Pi2, E2 = Pi * 2, E * 2
const (
	a = 1 << iota /* over
	lines */ b
	c, d int = 0x_1F, 'd'; e, f
)

type (
	Shape interface {
		Area() float64
		fmt.Stringer; ~int | ~[]byte | *Box[int]
	}
	Box[T any] struct {
		*Named `json:"named"`
		x, y   T
		str.Builder "tag"
		next   func(T, ...int) (n int, err error)
	}
	Alias = map[string][]chan<- <-chan struct{}
	Pair[K comparable, V ~int | string] [2]interface{}
)

var z, w = 1.5e3, 0b1 + 07_7i*1i - 0x1p-2
var buffer [1 << 10]byte

func (box *Box[T]) Swap() { box.x, box.y = box.y, box.x }
func (Named) Area() float64
func Map[A, B any](list []A, f func(A) B,) (out []B) {
	for _, each := range list {
		out = append(out, f(each))
	}
	return
}
func open() func(); func named(a, b int, c ...string) (_ error) { return nil }
