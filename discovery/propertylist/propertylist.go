// Package propertylist reads the binary property lists of macOS: Safari's bookmarks,
// and shortcuts.
package propertylist

import (
	"encoding/binary"
	"math"
	"unicode/utf16"

	"github.com/padsync/padsync/discovery"
)

// A List is a property list, as CFBinaryPList.c of Apple defines it: objects, where
// each of them is, and numbers about that. Objects refer to each other by their
// numbers, and are only read when they are asked for: libraries that read all of them
// first take for ever, or the whole stack, where objects lie deep in each other.
type List struct {
	Top uint64 // the object that has all others

	objects           []byte
	places            []byte // of the objects in objects
	placeSize, idSize int    // bytes

	// left is how many bytes may still be read: a list that refers to itself, or
	// often to the same, would have no end.
	left int
}

// none is no object.
const none = math.MaxUint64

const trailerSize = 32

// Read reads what a file has, which the list keeps. The errors are ErrUnknown and
// ErrDamaged of discovery.
func Read(b []byte) (*List, error) {
	if len(b) < 8+trailerSize || string(b[:8]) != "bplist00" {
		return nil, discovery.ErrUnknown
	}
	end := len(b) - trailerSize
	t := b[end:]
	l := &List{placeSize: int(t[6]), idSize: int(t[7]), Top: binary.BigEndian.Uint64(t[16:]), left: 64 * len(b)}
	at := binary.BigEndian.Uint64(t[24:])
	if at > uint64(end) || l.placeSize < 1 || l.placeSize > 8 || l.idSize < 1 || l.idSize > 8 {
		return nil, discovery.ErrDamaged
	}
	l.objects, l.places = b[:at], b[at:end]
	if l.object(l.Top) == nil {
		return nil, discovery.ErrDamaged
	}
	return l, nil
}

// The kinds of objects, as the upper half of their first byte has them.
const (
	plistText       = 0x50
	plistUTF16      = 0x60
	plistArray      = 0xa0
	plistDictionary = 0xd0
)

// object is what begins with this one; nil if there is none.
func (l *List) object(id uint64) []byte {
	if id >= uint64(len(l.places)/l.placeSize) {
		return nil
	}
	at := bigEndian(l.places[int(id)*l.placeSize:][:l.placeSize])
	if at >= uint64(len(l.objects)) {
		return nil
	}
	return l.objects[at:]
}

// content is that of an object of a kind, of count parts of this size; nil if it is
// of another kind.
func (l *List) content(id uint64, kind byte, size int) []byte {
	b := l.object(id)
	if len(b) == 0 || b[0]&0xf0 != kind {
		return nil
	}
	count, b := uint64(b[0]&0x0f), b[1:]
	if count == 0x0f { // an integer follows
		if len(b) == 0 || b[0]&0xf0 != 0x10 || b[0]&0x0f > 3 {
			return nil
		}
		width := 1 << (b[0] & 0x0f)
		if len(b) <= width {
			return nil
		}
		count, b = bigEndian(b[1:1+width]), b[1+width:]
	}
	if count > uint64(len(b)/size) {
		return nil
	}
	b = b[:int(count)*size]
	if l.left -= 1 + len(b); l.left < 0 {
		return nil
	}
	return b
}

// Exhausted reports whether so much was read that the list has no end: all that is
// asked for since is empty.
func (l *List) Exhausted() bool { return l.left < 0 }

// Text is that of an object; "" if it is none.
func (l *List) Text(id uint64) string {
	if b := l.content(id, plistText, 1); b != nil {
		return string(b)
	}
	b := l.content(id, plistUTF16, 2)
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.BigEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// Array are the objects of an array; none if it is none.
func (l *List) Array(id uint64) (all []uint64) {
	for b := l.content(id, plistArray, l.idSize); len(b) > 0; b = b[l.idSize:] {
		all = append(all, bigEndian(b[:l.idSize]))
	}
	return all
}

// Value is what a dictionary has under a key: no object if it has none.
func (l *List) Value(dictionary uint64, key string) uint64 {
	b := l.content(dictionary, plistDictionary, 2*l.idSize)
	keys, values := b[:len(b)/2], b[len(b)/2:]
	for ; len(keys) > 0; keys, values = keys[l.idSize:], values[l.idSize:] {
		if string(l.content(bigEndian(keys[:l.idSize]), plistText, 1)) == key {
			return bigEndian(values[:l.idSize])
		}
	}
	return none
}

func bigEndian(b []byte) (n uint64) {
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n
}
