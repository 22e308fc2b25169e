package layout_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"latchkey.dev/shared/domain/words"
)

// translated are the areas of which everything is read by clients, or may be: these stand in every language. The others are read by who
// works at an agency, and stand in English.
var translated = []string{"account", "accountmail", "checkout", "contract", "details", "errors", "general", "invitation", "join", "kinds", "mail",
	"meant", "money", "n8n", "nowhere", "passkeys", "payer", "portal", "progress", "provisioning", "receipt", "reminders", "signin", "stepup",
	"time", "unsubscribe", "waiting"}

// categories are the forms that a sentence which counts has in a language, besides "zero", which is ours for "none" (Unicode CLDR 48,
// Language Plural Rules, whole numbers; "other" is for what is no whole number).
var categories = map[words.Language][]string{
	"en": {"one", "other"}, "de": {"one", "other"}, "nl": {"one", "other"},
	"fr": {"many", "one", "other"}, "es": {"many", "one", "other"}, "it": {"many", "one", "other"}, "pt-BR": {"many", "one", "other"},
	"pl": {"few", "many", "one", "other"}, "he": {"one", "other", "two"},
}

var (
	placed = regexp.MustCompile(`\{[^}]*\}`)
	marked = regexp.MustCompile(`</?[a-z]+[^>]*>`)
)

// catalogueOf reads the sentences of one file, each with its forms; the only form is "other".
func catalogueOf(t *testing.T, path string) map[string]map[string]string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	all := map[string]map[string]string{}
	for key, m := range raw {
		forms := map[string]string{}
		if m[0] == '"' {
			var only string
			err = json.Unmarshal(m, &only)
			forms["other"] = only
		} else {
			err = json.Unmarshal(m, &forms)
		}
		if err != nil {
			t.Fatalf("%s: %s: %v", path, key, err)
		}
		all[key] = forms
	}
	return all
}

// marks are what translations must keep: the values that are placed, and the markup.
func marks(form string) []string {
	all := append(placed.FindAllString(form, -1), marked.FindAllString(form, -1)...)
	slices.Sort(all)
	return all
}

func TestSenderL1EveryLanguageHasEverySentence(t *testing.T) {
	t.Parallel()
	for _, l := range words.Languages() {
		if l == words.English {
			continue
		}
		dir := filepath.Join(filepath.Dir(filepath.Dir(catalogue)), string(l))
		files, err := filepath.Glob(filepath.Join(dir, "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		var areas []string
		for _, f := range files {
			areas = append(areas, strings.TrimSuffix(filepath.Base(f), ".json"))
		}
		if !slices.Equal(areas, translated) {
			t.Errorf("%s has the areas %v, want %v", l, areas, translated)
		}
		for _, area := range areas {
			if _, err := os.Stat(catalogue + area + ".json"); err != nil {
				t.Errorf("%s has an area %q, and English has none", l, area)
				continue
			}
			english, own := catalogueOf(t, catalogue+area+".json"), catalogueOf(t, filepath.Join(dir, area+".json"))
			for key := range own {
				if english[key] == nil {
					t.Errorf("%s: %s.%s is in no use", l, area, key)
				}
			}
			for key, forms := range english {
				compareForms(t, l, area+"."+key, forms, own[key])
			}
		}
	}
}

// compareForms holds a sentence's forms in a language to those in English.
func compareForms(t *testing.T, l words.Language, key string, english, own map[string]string) {
	t.Helper()
	if own == nil {
		t.Errorf("%s: %s is missing", l, key)
		return
	}
	want := []string{"other"}
	if len(english) > 1 {
		want = slices.Clone(categories[l])
		if english["zero"] != "" {
			want = append(want, "zero")
		}
	}
	if got := slices.Sorted(maps.Keys(own)); !slices.Equal(got, want) {
		t.Errorf("%s: %s has the forms %v, want %v", l, key, got, want)
		return
	}
	for name, form := range own {
		says := english["other"]
		if name == "zero" {
			says = english["zero"]
		}
		if strings.TrimSpace(form) == "" {
			t.Errorf("%s: %s is empty", l, key)
		}
		had, has := marks(says), marks(form)
		if name == "one" || name == "two" || name == "zero" { // a number may be a word there
			without := func(s []string) []string {
				return slices.DeleteFunc(slices.Clone(s), func(m string) bool { return m == "{n}" })
			}
			had, has = without(had), without(has)
		}
		if !slices.Equal(had, has) {
			t.Errorf("%s: %s has %v, want %v", l, key, has, had)
		}
	}
}

func TestThePackedLanguagesAreWhatIsWritten(t *testing.T) {
	t.Parallel()
	root := filepath.Dir(filepath.Dir(catalogue))
	written := map[string]bool{}
	sources, err := filepath.Glob(filepath.Join(root, "*", "*.json"))
	if err != nil || len(sources) == 0 {
		t.Fatal(sources, err)
	}
	for _, f := range sources {
		language, area := filepath.Base(filepath.Dir(f)), strings.TrimSuffix(filepath.Base(f), ".json")
		name := area + ".gz"
		if language == string(words.English) {
			name = area + ".en.gz"
		}
		packed := filepath.Join(root, "packed", language, name)
		written[packed] = true
		got := unpacked(t, packed)
		want := rawOf(t, f)
		var list []json.RawMessage
		if language != string(words.English) {
			for _, key := range slices.Sorted(maps.Keys(rawOf(t, catalogue+area+".json"))) {
				list = append(list, want[key])
			}
		}
		if !same(t, got, want, list) {
			t.Errorf("%s was changed after it was packed: go generate ./shared/domain/words", f)
		}
	}
	all, err := filepath.Glob(filepath.Join(root, "packed", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if !written[p] {
			t.Errorf("%s is packed, and not written: go generate ./shared/domain/words", p)
		}
	}
}

func unpacked(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Errorf("%v: go generate ./shared/domain/words", err)
		return nil
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return b
}

func rawOf(t *testing.T, path string) map[string]json.RawMessage {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return m
}

// same tells whether what was packed is the catalogue's file, or for a language other than English the list of its sentences.
func same(t *testing.T, packed []byte, file map[string]json.RawMessage, list []json.RawMessage) bool {
	t.Helper()
	var want any = file
	if list != nil {
		want = list
	}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var x, y any
	if json.Unmarshal(packed, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	return reflect.DeepEqual(x, y)
}

func TestEveryAreaThatIsTranslatedCanBeCarried(t *testing.T) {
	t.Parallel()
	if n := len(words.Areas()); n != len(translated) {
		t.Errorf("package words has %d areas that programs can carry, and %d are translated", n, len(translated))
	}
}
