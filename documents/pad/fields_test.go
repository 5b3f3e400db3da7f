package pad

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

// FuzzFields: of an object that is valid JSON in valid UTF-8, the fields are
// what encoding/json finds, and strings are decoded as it does. Of anything
// else they come to an end.
func FuzzFields(f *testing.F) {
	f.Add(`{"head":12,"atext":{"text":"a\n\u00e9\ud83d\ude00\/","attribs":"*0+1"},"pool":[1.5e3,-0,null,true]}`)
	f.Add(`{ "a\tb" : "\ud83d" , "a" : "\ud83d\u0041" , "":"\ude00\ud83d","b":"\ud83d\n"}`)
	f.Add(`{"a":"\ud8000udc00"}`)
	f.Add(`{"a":"\\","b\"":["}\\\"]",{"c":[{}]},""],"d":[ ],"e":{ },"f":-1.5e+3 ,"g":"\"\\" }`)
	f.Add(`{}`)
	f.Add("{\"a\":[\x01]}")
	f.Fuzz(func(t *testing.T, text string) {
		for _, value := range Fields([]byte(text)) {
			if Text(value); len(value) == 0 {
				t.Fatalf("%q has a field without a value", text)
			}
		}
		var wanted map[string]json.RawMessage
		if !isOneValue(text) || json.Unmarshal([]byte(text), &wanted) != nil {
			return
		}
		found := map[string]json.RawMessage{}
		for name, value := range Fields([]byte(text)) {
			found[string(name)] = value
			s, ok := Text(value)
			if ok != (value[0] == '"') {
				t.Fatalf("%s is taken for a string: %v", value, ok)
			}
			if b, appended := AppendText([]byte("before "), value); appended != ok || ok && string(b) != "before "+s {
				t.Errorf("%s is appended as %q, %v", value, b, appended)
			}
			if ok {
				compareStrings(t, value, s)
			}
		}
		if len(wanted) != len(found) {
			t.Fatalf("%q: found %q, not %q", text, found, wanted)
		}
		for name, value := range wanted {
			if !bytes.Equal(bytes.TrimSpace(value), found[name]) {
				t.Errorf("%q: field %q is %q, not %q", text, name, found[name], value)
			}
		}
	})
}

// isOneValue says what the scanner of exports takes.
func isOneValue(text string) bool {
	c := cursor{b: []byte(text)}
	if c.value(0) != nil {
		return false
	}
	_, err := c.peek()
	return err == errShort
}

func compareStrings(t *testing.T, value []byte, got string) {
	var want string
	if err := json.Unmarshal(value, &want); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s is %q, not %q (%v)", value, got, want, err)
	}
}
