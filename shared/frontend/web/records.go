package web

import (
	"net/http"
	"net/url"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/usecase/senders"
	"latchkey.dev/shared/view/page"
)

// RecordsPage shows a domain's records to whoever has a link to them.
func RecordsPage(s *Site, links *senders.Links) *Page {
	return s.page("recordsPage", nil, identity.ByHolder, func(w http.ResponseWriter, r *http.Request, _ identity.Caller) error {
		token := r.PathValue("token")
		shown, err := links.View(r.Context(), token)
		if fault.Is(err, fault.Gone) {
			note(r.Context(), fault.As(err))
			return s.show(w, r, http.StatusGone, page.Records{Brand: s.brand, Dead: true})
		}
		if err != nil {
			return err
		}
		w.Header().Set("X-Robots-Tag", "noindex")
		if r.URL.Query().Has("zone") {
			records := make([]sender.Record, len(shown.Lines))
			for i, x := range shown.Lines {
				records[i] = x.Record
			}
			return zoneFile(w, shown.Domain, sender.ZoneFile(records))
		}
		v := page.Records{Brand: s.brand, Agency: shown.Agency, Shown: shown.Domain.Shown(), Zone: shown.Zone,
			NameServers: shown.NameServers, Mailboxes: shown.Mailboxes, Judged: !shown.LookedAt.IsZero(),
			ZoneFile: "/records/" + url.PathEscape(token) + "?zone=1",
			Ends:     page.TimeAt(shown.ExpiresAt, s.now())}
		if v.Shown != string(shown.Domain) {
			v.ASCII = string(shown.Domain)
		}
		p := sender.ProviderOf(v.NameServers)
		v.Provider, v.ProviderURL = p.Name, p.Page
		for _, x := range shown.Lines {
			v.Rows = append(v.Rows, recordRow(x))
		}
		return s.show(w, r, http.StatusOK, v)
	})
}
