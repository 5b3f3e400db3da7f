package main

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

func TestDemoTellsItsStoryAndLeavesNothing(t *testing.T) {
	for lang, say := range map[string]words{"fr_FR.UTF-8": french, "en_GB.UTF-8": english, "": english} {
		t.Run(lang, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("TMPDIR", dir)
			if got := speak(func(string) string { return lang }); got != say {
				t.Fatalf("%q gives the wrong language", lang)
			}
			var told strings.Builder
			if err := run(t.Context(), &told, say, nil); err != nil {
				t.Fatal(err)
			}
			_, restored, found := strings.Cut(told.String(), say.restored)
			lastGood, first, found2 := strings.Cut(restored, say.asBefore)
			if !found || !found2 {
				t.Fatalf("something was left out:\n%s", told.String())
			}
			if !strings.Contains(lastGood, say.addition) || !strings.Contains(lastGood, "Chloé") {
				t.Errorf("restored without what was added:\n%s", lastGood)
			}
			agenda, _, _ := strings.Cut(say.padText, "\n")
			if !strings.Contains(first, agenda) || strings.Contains(first, say.addition) {
				t.Errorf("the first version is another:\n%s", first)
			}
			if strings.Count(told.String(), say.suspect) != 1 {
				t.Errorf("the emptied pad was not suspect:\n%s", told.String())
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v %v", left, err)
			}
		})
	}
}

// TestFrenchIsSetAsThePrograms: with no-break spaces, and apostrophes that are
// some.
func TestFrenchIsSetAsThePrograms(t *testing.T) {
	if found := regexp.MustCompile(`.*(?: [:;!?»]|« |\pL'\pL).*`).FindString(fmt.Sprintf("%+v", french)); found != "" {
		t.Error(found)
	}
}

func TestBothLanguagesSayAll(t *testing.T) {
	for name, say := range map[string]words{"English": english, "French": french} {
		for v, i := reflect.ValueOf(say), 0; i < v.NumField(); i++ {
			if v.Field(i).IsZero() {
				t.Errorf("%s has no %s", name, v.Type().Field(i).Name)
			}
		}
	}
}
