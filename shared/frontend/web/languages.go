package web

import (
	"cmp"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/page"
)

// languageOptions are all languages, by what they are called in themselves, as a form offers them.
func languageOptions(chosen string) []page.Option {
	var all []page.Option
	for _, l := range words.Languages() {
		all = append(all, page.Option{Value: string(l), Word: l.Name(), Here: string(l) == chosen})
	}
	return all
}

// inviteLanguages are the languages of an invitation: the agency's own, or another one.
func inviteLanguages(a *agency.Agency, chosen string) []page.Option {
	own := page.Option{Word: words.Say("invite.language_own", "language", cmp.Or(a.Language, words.English).Name()), Here: chosen == ""}
	return append([]page.Option{own}, languageOptions(chosen)...)
}
