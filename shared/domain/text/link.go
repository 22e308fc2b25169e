package text

import (
	_ "embed"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"latchkey.dev/shared/domain/fault"
)

// tlds are the top-level domains, one a line: the last labels of the ICANN section of the Public Suffix List
// (https://publicsuffix.org/list/public_suffix_list.dat), in Unicode and lower case, and onion. To bring the file up to
// date, take them from that list again; whatever is below a private suffix of it is below one of these, too.
//
//go:embed tlds.txt
var tlds string

var topLevel = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for line := range strings.Lines(tlds) {
		all[strings.TrimSpace(line)] = true
	}
	return all
})

// dots are what stands for the dot of a name (IDNA, UTS 46 section 2.3); the full-width one becomes a dot by itself.
var dots = strings.NewReplacer("。", ".", "｡", ".")

var (
	// A scheme is one only when something follows it without a space: "data: leads" is a sentence.
	scheme = regexp.MustCompile(`(?i)\b(?:https?|ftps?|wss?|javascript|vbscript|data|mailto|file|blob|intent|callto|skype):[^\s]+`)
	// Two slashes make a scheme of any word, with spaces or without.
	slashes = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*\s*:\s*//\s*[^\s]*`)
	address = regexp.MustCompile(`[^\s@]+@[^\s@]+\.[\p{L}\p{N}-]{2,}`)
	usual   = regexp.MustCompile(`(?i)(?:^|[^\p{L}\p{N}])(www\.[^\s]+)`)
	name    = regexp.MustCompile(`[\p{L}\p{M}\p{N}_-]+(?:\.[\p{L}\p{M}\p{N}_-]+)+\.?`)
	six     = regexp.MustCompile(`\[[0-9a-fA-F:.]*::?[0-9a-fA-F:.]*\]`)
)

// maxQuote is how much of what looks like a link is quoted, in characters.
const maxQuote = 60

// Link finds what looks like a link in s: what a mail program would make one of. It returns that, as written in Unicode's
// normal form KC, and how it can be written so that it is none; "" where there is no such way. Nothing found is "", "".
func Link(s string) (found, instead string) {
	s = dots.Replace(norm.NFKC.String(s))
	for _, r := range []*regexp.Regexp{slashes, scheme} {
		if m := r.FindString(s); m != "" {
			if before, after, _ := strings.Cut(m, ":"); r == scheme && after != "" && unicode.IsLetter([]rune(after)[0]) &&
				!strings.ContainsAny(after, "/(;,@.") {
				return m, before + ": " + after
			}
			return m, ""
		}
	}
	if m := address.FindString(s); m != "" {
		return m, ""
	}
	if m := usual.FindStringSubmatch(s); m != nil {
		return m[1], ""
	}
	if m := six.FindString(s); m != "" {
		if _, err := netip.ParseAddr(strings.Trim(m, "[]")); err == nil {
			return m, ""
		}
	}
	for _, at := range name.FindAllStringIndex(s, -1) {
		m := s[at[0]:at[1]]
		host := strings.TrimSuffix(m, ".")
		if a, err := netip.ParseAddr(host); err == nil && a.Is4() {
			return rest(s, at[0]), ""
		}
		dot := strings.LastIndexByte(host, '.')
		last := strings.ToLower(host[dot+1:])
		if !topLevel()[last] && !strings.HasPrefix(last, "xn--") {
			continue
		}
		after := s[at[1]:]
		if len(m) == len(host) && len(after) > 1 && strings.ContainsRune("/?#:\\", rune(after[0])) && after[1] != ' ' {
			return rest(s, at[0]), ""
		}
		return host, host[:dot+1] + " " + host[dot+1:]
	}
	return "", ""
}

// rest is s from there up to white space.
func rest(s string, from int) string {
	s = s[from:]
	if n := strings.IndexFunc(s, unicode.IsSpace); n >= 0 {
		return s[:n]
	}
	return s
}

// linkFault refuses what looks like a link, in the words of the field.
func linkFault(field, found, instead string) error {
	if r := []rune(found); len(r) > maxQuote {
		found, instead = string(r[:maxQuote-1])+"…", ""
	}
	switch {
	case instead != "":
		return fault.InField(field, "errors.write_in_place_of_which_looks", "instead", instead, "found", found)
	case strings.Contains(found, "@"):
		return fault.InField(field, "errors.leave_out_which_looks_like_an", "found", found)
	}
	return fault.InField(field, "errors.leave_out_which_looks_like_a", "found", found)
}
