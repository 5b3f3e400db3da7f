package sinks_test

import (
	"strings"
	"testing"

	"github.com/padsync/padsync/sinks"
)

func TestWhatAStoreSaidIsShownWithoutSecrets(t *testing.T) {
	hiding := sinks.Hiding("THEKEY", "hunter2", "", "abc")
	for said, want := range map[string]string{
		"The bucket is in this region: eu-west-3. Please use it.":                                       "The bucket is in this region: eu-west-3. Please use it.",
		"no\x1b[31m\r\n\tcolours\u202e":                                                                 "no [31m colours",
		"not for AWS4-HMAC-SHA256 Credential=THEKEY/20270111/x, Signature=deadbeefdeadbeef":             "not for AWS4-HMAC-SHA256 Credential=…, Signature=…",
		"see https://me:hunter2@s3.example.org/a/b?X-Amz-Signature=deadbeef now":                        "see https://s3.example.org/… now",
		"Authorization: Bearer ya29.verysecret":                                                         "Authorization: Bearer …",
		"the key THEKEY is not known":                                                                   "the key … is not known",
		"abc is too short to be one":                                                                    "abc is too short to be one",
		"The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-3'": "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-3'",
	} {
		if got := sinks.Said(said, hiding); got != want {
			t.Errorf("%q\n got %q\nwant %q", said, got, want)
		}
	}
	if got := sinks.Said(strings.Repeat("é", 10_000), nil); len(got) > 310 {
		t.Errorf("%d bytes", len(got))
	}
}
