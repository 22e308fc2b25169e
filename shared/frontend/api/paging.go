package api

import (
	"encoding/base64"
	"slices"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/usecase/clients"
)

// Paging asks for a page of a list.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"The most items on a page."`
	Cursor string `query:"cursor" doc:"nextCursor from the previous page." maxLength:"200"`
}

// after is the id that the page begins after; "" for the first page. Ids have one of the prefixes.
func (l Paging) after(prefixes ...string) (string, error) {
	if l.Cursor == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(l.Cursor)
	if err != nil || !slices.ContainsFunc(prefixes, func(p string) bool { return id.Valid(p, string(b)) }) {
		return "", fault.InField("cursor", "errors.this_isnt_a_cursor_of_this")
	}
	return string(b), nil
}

func (l Paging) query() (clients.Query, error) {
	after, err := l.after(id.ClientPrefix)
	return clients.Query{Limit: l.Limit, After: id.Client(after)}, err
}

// cursor is the nextCursor that leads on after an id; null for none.
func cursor[T ~string](after T) *string {
	if after == "" {
		return nil
	}
	s := base64.RawURLEncoding.EncodeToString([]byte(after))
	return &s
}

// pageOf is the page of a list that a use case gives whole, since the list is short by its nature. It is in the order of its ids,
// which is that of their making, or the newest first; so a page goes on where the last one ended, whatever was removed meanwhile.
func pageOf[T any](l Paging, all []T, of func(*T) string, newest bool, prefixes ...string) ([]T, *string, error) {
	after, err := l.after(prefixes...)
	if err != nil {
		return nil, nil, err
	}
	sorted := slices.Clone(all)
	order := func(a, b string) int {
		switch {
		case a == b:
			return 0
		case (a < b) != newest:
			return -1
		}
		return 1
	}
	slices.SortStableFunc(sorted, func(a, b T) int { return order(of(&a), of(&b)) })
	if after != "" {
		sorted = slices.DeleteFunc(sorted, func(x T) bool { return order(of(&x), after) <= 0 })
	}
	if len(sorted) <= l.Limit {
		return sorted, nil, nil
	}
	return sorted[:l.Limit], cursor(of(&sorted[l.Limit-1])), nil
}
