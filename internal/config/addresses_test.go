package config

import (
	"fmt"
	"slices"
	"testing"
)

func TestAddressesAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string][]string{
		"https://h/p/ag":                                       {"https://h/p/ag"},
		"https://h/p/ag\tAssemblée":                            {"https://h/p/ag"},
		"https://h/p/ag Assemblée générale":                    {"https://h/p/ag"},
		"https://h/p/ag — l'AG":                                {"https://h/p/ag"},
		"AG : https://h/p/ag.":                                 {"https://h/p/ag"},
		"<https://h/p/ag>":                                     {"https://h/p/ag"},
		"\"https://h/p/ag\"":                                   {"https://h/p/ag"},
		"'https://h/p/l'ag'":                                   {"https://h/p/l'ag"},
		"« https://h/p/ag »":                                   {"https://h/p/ag"},
		"«https://h/p/ag»,":                                    {"https://h/p/ag"},
		"(https://h/p/ag)":                                     {"https://h/p/ag"},
		"see https://h/p/ag), then":                            {"https://h/p/ag"},
		"https://h/p/ag_(2026)":                                {"https://h/p/ag_(2026)"},
		"(https://h/p/ag_(2026))":                              {"https://h/p/ag_(2026)"},
		"- https://h/p/ag":                                     {"https://h/p/ag"},
		"1. https://h/p/ag,":                                   {"https://h/p/ag"},
		"* [AG](https://h/p/ag)":                               {"https://h/p/ag"},
		"[AG](https://h/p/ag \"the pad\"), [B](https://h/p/b)": {"https://h/p/ag", "https://h/p/b"},
		"[https://h/p/ag](https://h/p/ag)":                     {"https://h/p/ag"},
		"**https://h/p/ag**":                                   {"https://h/p/ag"},
		"| AG | https://h/p/ag | Zoé |":                        {"https://h/p/ag"},
		"|AG|https://h/p/ag|Zoé|":                              {"https://h/p/ag"},
		"AG;https://h/p/ag;Zoé":                                {"https://h/p/ag"},
		"https://h/p/ag;AG":                                    {"https://h/p/ag"},
		"\"AG\",\"https://h/p/ag\",\"Zoé\"":                    {"https://h/p/ag"},
		"AG,https://h/p/ag,Zoé":                                {"https://h/p/ag"},
		"https://h/p/ag,AG 2026":                               {"https://h/p/ag"},
		"https://h/p/ag,https://h/p/b":                         {"https://h/p/ag", "https://h/p/b"},
		"https://h/p/ag, https://h/p/b":                        {"https://h/p/ag", "https://h/p/b"},
		"https://h/p/ag,2026":                                  {"https://h/p/ag,2026"}, // as an address bar shows it
		"URL=https://h/p/ag":                                   {"https://h/p/ag"},
		"HTTPS://h/p/ag?lang=fr#L3":                            {"HTTPS://h/p/ag?lang=fr#L3"},
		"<a href=\"https://h/p/ag\">AG</a>":                    {"https://h/p/ag"},
		"https://h/p/ag!":                                      {"https://h/p/ag!"},
		"https://h/p/é…":                                       {"https://h/p/é"},
		"https://h/p/a.b.c":                                    {"https://h/p/a.b.c"},
		"https://":                                             {"https://"},
		"ag-2026":                                              nil,
		"ftp://h/p/ag":                                         nil,
		"":                                                     nil,
	} {
		if got := Addresses(text); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestArgumentIsOneAddress: a shell gives what was meant, also with what ends an
// address in a list.
func TestArgumentIsOneAddress(t *testing.T) {
	for text, want := range map[string][]string{
		"https://h/p/a;b":                 {"https://h/p/a;b"},
		"https://h/p/a,b":                 {"https://h/p/a,b"},
		"https://h/p/a.":                  {"https://h/p/a"},
		"<https://h/p/a>":                 {"https://h/p/a"},
		"AG;https://h/p/a;https://h/p/b":  {"https://h/p/a", "https://h/p/b"},
		"https://h/p/a https://h/p/b;c":   {"https://h/p/a", "https://h/p/b"},
		"ag-2026":                         nil,
		"https://h/p/a,https://h/p/b":     {"https://h/p/a", "https://h/p/b"},
		"- [AG](https://h/p/a) the first": {"https://h/p/a"},
	} {
		if got := Argument(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
