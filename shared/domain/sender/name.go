package sender

import (
	"slices"
	"strings"
	"unicode"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/lookalike"
	"latchkey.dev/shared/domain/text"
)

// MaxName is how many characters a sender's name has at most (T10).
const MaxName = 64

// ParseName reads the name that stands before the address in From (T10). It is no address, nobody's who could be taken for the
// platform, and has no "via", which is how the platform's own sender is told apart.
func ParseName(field, typed, platform string) (string, error) {
	name, err := text.Line(field, typed, MaxName)
	if err != nil {
		return "", err
	}
	if name == "" {
		return "", fault.InField(field, "sender.name_missing")
	}
	if strings.ContainsAny(name, "@<>\"\\") || strings.Contains(name, "=?") { // =? begins a word in another encoding (RFC 2047)
		return "", fault.InField(field, "sender.name_signs")
	}
	if text.MixedScripts(name) {
		return "", fault.InField(field, "sender.name_scripts")
	}
	wordsOf := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) })
	if slices.ContainsFunc(wordsOf, func(w string) bool { return lookalike.Skeleton(w) == lookalike.Skeleton("via") }) {
		return "", fault.InField(field, "sender.name_via")
	}
	if p := lookalike.Skeleton(platform); p != "" && strings.Contains(lookalike.Skeleton(name), p) {
		return "", fault.InField(field, "sender.name_platform", "platform", platform)
	}
	return name, nil
}

// ParseLocal reads the part of the sender's address that is before the @, and returns the whole address. The domain is the one that
// is stored, never one that somebody typed (T4).
func ParseLocal(field, typed string, d Domain) (email.Address, error) {
	local := strings.ToLower(text.Trim(typed))
	if strings.Trim(local, "abcdefghijklmnopqrstuvwxyz0123456789.-_+") != "" || local == "" {
		return "", fault.InField(field, "sender.local_invalid")
	}
	a, err := email.Parse(field, local+"@"+string(d))
	if err != nil {
		return "", fault.InField(field, "sender.local_invalid")
	}
	return a, nil
}
