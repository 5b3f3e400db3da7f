package sources

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/scrypt"
)

// WithheldFor is how long a password is not sent again after the connection
// broke when the answer to it was due: the server may have died of it. A
// changed password is sent at once.
const WithheldFor = 7 * 24 * time.Hour

// A Withholder is a Source that sends passwords.
type Withholder interface {
	Source

	// Withhold passes on, before Fetch, what an earlier Fetch of the document
	// said in a WithheldError.
	Withhold(id string, w Withheld)
}

// Withheld is the memory of a request with a password that broke a connection.
type Withheld struct {
	Since time.Time

	// Key recognises the password for whoever knows it: 16 random bytes and
	// what scrypt makes of these and the password, in hex. A weak password
	// cannot be guessed quickly from it: whoever reads it may have no right to
	// more than one stored copy.
	Key string
}

// A WithheldError says that a document was not asked for with its password, or
// for the last time.
type WithheldError struct {
	Withheld
	Err error // what broke the connection now; nil: nothing was sent
}

func (w *WithheldError) Error() string {
	if w.Err != nil {
		return fmt.Sprintf("the server may have died of the password: %v", w.Err)
	}
	return "the server may have died of the password on " + w.Since.UTC().Format(time.DateOnly)
}

func (w *WithheldError) Unwrap() error { return w.Err }

// Withholding knows the passwords of one server that are withheld: from a
// document whose request broke the connection, and, once there are two of these,
// from all. It is safe for concurrent use; the zero value knows none.
//
// A secret is a password with all else that makes its request a different one.
// It stays in memory. The id "" is for what is sent for no document, such as a
// login; its secret is withheld if it was withheld from any document.
type Withholding struct {
	mu     sync.Mutex                      // guards what follows
	broken map[string]map[string]time.Time // by key and document: since when
	judged map[judgement]bool
}

// A judgement is whether a key is that of a secret: it takes a while.
type judgement struct{ key, secret string }

// maxWithheld bounds the keys that each password is compared with.
const maxWithheld = 16

// Remember takes what an earlier run noted of a document.
func (w *Withholding) Remember(id string, was Withheld) {
	age := time.Since(was.Since)
	if age >= WithheldFor || age < -24*time.Hour { // that clock was wrong, or this one is
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken[was.Key] != nil || len(w.broken) < maxWithheld {
		w.note(id, was)
	}
}

// note keeps the latest of what is known. The caller holds w.mu.
func (w *Withholding) note(id string, now Withheld) {
	if w.broken == nil {
		w.broken, w.judged = make(map[string]map[string]time.Time), make(map[judgement]bool)
	}
	if w.broken[now.Key] == nil {
		w.broken[now.Key] = make(map[string]time.Time)
	}
	if now.Since.After(w.broken[now.Key][id]) {
		w.broken[now.Key][id] = now.Since
	}
}

// Check is a *WithheldError if the secret is not to be sent for the document.
func (w *Withholding) Check(id, secret string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, key := range w.keysOf(secret) {
		var latest time.Time
		count := 0
		for _, since := range w.broken[key] {
			if time.Since(since) >= WithheldFor {
				continue
			}
			count++
			if since.After(latest) {
				latest = since
			}
		}
		own := w.broken[key][id]
		switch {
		case time.Since(own) < WithheldFor:
			return &WithheldError{Withheld: Withheld{own, key}}
		case count > 1 || id == "" && count > 0:
			return &WithheldError{Withheld: Withheld{latest, key}}
		}
	}
	return nil
}

// Broke notes that the request with the secret broke the connection, as cause
// says, and gives the *WithheldError.
func (w *Withholding) Broke(id, secret string, cause error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := ""
	if known := w.keysOf(secret); len(known) > 0 {
		key = known[0]
	} else {
		key = keyOf(secret)
	}
	now := Withheld{time.Now(), key}
	w.note(id, now)
	w.judged[judgement{key, secret}] = true
	return &WithheldError{Withheld: now, Err: cause}
}

// keysOf are those that are the secret's. The caller holds w.mu.
func (w *Withholding) keysOf(secret string) (keys []string) {
	for key := range w.broken {
		j := judgement{key, secret}
		if _, known := w.judged[j]; !known {
			w.judged[j] = isKeyOf(key, secret)
		}
		if w.judged[j] {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

const saltSize, keySize = 16, 32

func keyOf(secret string) string {
	salt := make([]byte, saltSize)
	rand.Read(salt) // it never fails
	return hex.EncodeToString(append(salt, slow(secret, salt)...))
}

func isKeyOf(key, secret string) bool {
	b, err := hex.DecodeString(key)
	return err == nil && len(b) == saltSize+keySize && subtle.ConstantTimeCompare(b[saltSize:], slow(secret, b[:saltSize])) == 1
}

// slow takes some 50 ms and 16 MiB.
func slow(secret string, salt []byte) []byte {
	derived, err := scrypt.Key([]byte(secret), salt, 1<<14, 8, 1, keySize)
	if err != nil {
		panic(err) // the numbers above cannot be wrong
	}
	return derived
}
