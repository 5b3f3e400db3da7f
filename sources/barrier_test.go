package sources

import (
	"net/http"
	"testing"
)

// TestChallengesAreRecognised by what is in them, and by their titles where
// that is all there is; the title of a pad is none.
func TestChallengesAreRecognised(t *testing.T) {
	for page, want := range map[string]bool{
		`<!doctype html><html lang="en"><head><title>Making sure you&#39;re not a bot!</title></head><body></body></html>`:                        true,
		`<html><head><title>x</title><link rel="stylesheet" href="/.within.website/x/xess/xess.min.css"></head></html>`:                           true,
		`<html><head><title>x</title><script id="anubis_challenge" type="application/json">{"rules":{"algorithm":"fast"}}</script></head></html>`: true,
		`<html><head><title>Nous vérifions que vous n'êtes pas un robot !</title></head></html>`:                                                  true,
		`<html><head><title>Just a moment...</title></head></html>`:                                                                               true,
		`<html><head><title>Ordre du jour</title></head><body>I am not a bot</body></html>`:                                                       false,
	} {
		r := &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/html"}}}
		b := Recognize(r, []byte(page))
		if got := b != nil && b.Kind == Challenge; got != want {
			t.Errorf("%s: %+v", page, b)
		}
	}
}
