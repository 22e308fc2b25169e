// Package web is the browser's side of the product: one handler per page or form, which finds out who is looking,
// calls one use case and shows the outcome as a page. It decides nothing. All pages work by links and forms; the
// script on some of them is a client of the HTTP API.
package web

import (
	"context"
	"net"
	"net/http"
	"time"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/account"
	"latchkey.dev/shared/usecase/activity"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/portal"
	"latchkey.dev/shared/usecase/provisioning"
	"latchkey.dev/shared/usecase/resources"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// Page is one function of the site. Its ID is the operation's; its route is in template.yaml alone. Path parameters are
// read from the request's path values.
type Page struct {
	ID string
	http.Handler
}

// Dependencies are all that the pages stand on.
type Dependencies struct {
	Door      *signin.Doorkeeper
	Codes     *signin.Codes
	Inviter   *onboarding.Inviter
	Directory *onboarding.Directory
	Keeper    *clients.Keeper
	Retrier   *provisioning.Retrier
	Chronicle *activity.Chronicle
	Reception *onboarding.Reception
	Portal    *portal.Portal
	Account   *account.Account
	Instances *portal.Instances
	Connector *resources.Connector
	Keys      *signin.Keys
	Agencies  *signin.Agencies
	Office    *agencies.Office
	Cashier   *billing.Cashier
	Plans     *billing.Plans
	Prices    *billing.PriceList
	Ledger    *billing.Ledger
	Support   string           // the platform's address for its customers; "" for none
	Platform  string           // the platform's name
	Origin    string           // where forms must come from
	Now       func() time.Time // for "2 minutes ago"
}

// Pages lists every page.
func Pages(d Dependencies) []Page {
	s := New(d.Platform, d.Origin, d.Now)
	return []Page{
		HomePage(s, d.Door), SignInPage(s, d.Door), RequestCodeForm(s, d.Codes), SignInForm(s, d.Codes), SignOutForm(s, d.Codes),
		ClientsPage(s, d.Door, d.Directory), SendInviteForm(s, d.Door, d.Directory, d.Inviter),
		ClientPage(s, d.Door, d.Directory), ResendInviteForm(s, d.Door, d.Directory, d.Inviter), CancelInviteForm(s, d.Door, d.Directory, d.Inviter),
		RenameClientForm(s, d.Door, d.Directory, d.Keeper), RetryProvisioningForm(s, d.Door, d.Directory, d.Retrier), ChangeAccessForm(s, d.Door, d.Directory, d.Keeper),
		RemoveClientForm(s, d.Door, d.Directory, d.Keeper), EraseClientForm(s, d.Door, d.Directory, d.Keeper),
		AnswerProposalForm(s, d.Door, d.Directory, d.Inviter), ActivityPage(s, d.Door, d.Directory, d.Chronicle),
		PreviewPortalForm(s, d.Door, d.Inviter),
		InvitationPage(s, d.Door, d.Reception), InvitationCodeForm(s, d.Reception, d.Codes), AcceptInvitationForm(s, d.Door, d.Reception, d.Codes),
		DeclineInvitationForm(s, d.Reception), ProposeAddressForm(s, d.Reception), RequestNewLinkForm(s, d.Reception),
		AccountPage(s, d.Door, d.Account), LeavePortalForm(s, d.Door, d.Account), EndAllSessionsForm(s, d.Door, d.Codes), EraseMeForm(s, d.Door, d.Account),
		InstancesPage(s, d.Door, d.Directory, d.Connector), ConnectInstanceForm(s, d.Door, d.Directory, d.Connector),
		InstancePage(s, d.Door, d.Directory, d.Connector), UpdateInstanceForm(s, d.Door, d.Directory, d.Connector),
		CheckInstanceForm(s, d.Door, d.Directory, d.Connector), DisconnectInstanceForm(s, d.Door, d.Directory, d.Connector),
		ServicesPage(s, d.Door, d.Directory, d.Connector), ConnectServiceForm(s, d.Door, d.Directory, d.Connector),
		ServicePage(s, d.Door, d.Directory, d.Connector), DisconnectServiceForm(s, d.Door, d.Directory, d.Connector),
		PortalPage(s, d.Door, d.Portal), PortalInstancePage(s, d.Door, d.Instances), SetWorkflowForm(s, d.Door, d.Instances),
		SignUpPage(s, d.Door), SignUpForm(s, d.Door, d.Codes, d.Agencies), AgenciesPage(s, d.Door, d.Agencies), SwitchForm(s, d.Door, d.Agencies),
		SettingsPage(s, d.Door, d.Office), SettingsForm(s, d.Door, d.Office), MembersPage(s, d.Door, d.Office), MembersForm(s, d.Door, d.Office),
		KeysPage(s, d.Door, d.Keys, d.Office), KeysForm(s, d.Door, d.Keys, d.Office), StandingPage(s, d.Door, d.Office), DeleteAgencyForm(s, d.Door, d.Office),
		UpgradePage(s, d.Door, d.Prices, d.Office, d.Support), Logo(s, d.Office),
		CheckoutPage(s, d.Door, d.Ledger), StartCheckoutForm(d.Origin, d.Door, d.Cashier), CheckoutDone(d.Door, d.Cashier), PayingPage(s, d.Door, d.Ledger),
		ContractPage(s, d.Door, d.Directory), PortalContractPage(s, d.Door, d.Ledger), OpenBillingForm(d.Origin, d.Door, d.Cashier), StartUpgradeForm(d.Origin, d.Door, d.Plans),
		Asset(s), OpenAPIDocument(s), DocsPage(s), NotFound(s),
	}
}

// Site is what every page has in common.
type Site struct {
	pages *page.Site
	brand page.Brand // the platform's
	guard *http.CrossOriginProtection
	now   func() time.Time
}

// New is the site of a platform at an origin, which environment.Origin has checked. Pages that take no forms may
// have an empty origin; those that tell no times may have no clock.
func New(platform, origin string, now func() time.Time) *Site {
	s := &Site{pages: page.New(platform), brand: page.Brand{Name: platform, Own: true}, guard: http.NewCrossOriginProtection(), now: now}
	if origin != "" {
		if err := s.guard.AddTrustedOrigin(origin); err != nil {
			panic(err) // environment.Origin has checked it
		}
	}
	s.guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, fault.New(fault.CrossOrigin, "To protect you, we take changes only from our own pages. Open the page here and try once more."))
	}))
	return s
}

// look makes a page that changes nothing.
func (s *Site) look(id string, h func(w http.ResponseWriter, r *http.Request) error) Page {
	return Page{id, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	})}
}

// maxForm is the largest form, in bytes.
const maxForm = 256 << 10

// act makes a page that changes something: it takes forms of its own origin only, and of a limited size.
func (s *Site) act(id string, h func(w http.ResponseWriter, r *http.Request) error) Page {
	p := s.look(id, func(w http.ResponseWriter, r *http.Request) error {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			if _, ok := asTooLarge(err); ok {
				return fault.New(fault.TooLarge, "What you sent is over 256 KB. Shorten it and send it again.")
			}
			return fault.New(fault.Malformed, "The form did not arrive as it was sent. Go back and send it again.")
		}
		return h(w, r)
	})
	p.Handler = s.guard.Handler(p.Handler)
	return p
}

// show answers with a page.
func (s *Site) show(w http.ResponseWriter, r *http.Request, status int, v page.View) error {
	return s.pages.Write(w, r, status, v)
}

// credentials are the session's only: a browser's page is not for API keys.
func credentials(r *http.Request) signin.Credentials {
	return signin.Credentials{Session: cookie.Of(r)}
}

// seeOther leads the browser to a page of ours with GET. Callers pass paths that they make themselves.
func seeOther(w http.ResponseWriter, path string) error {
	h := w.Header()
	page.SecurityHeaders(h)
	h.Set("Cache-Control", "no-store")
	h.Set("Location", path)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// address is the caller's IP address, for limits on public routes.
func address(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}

// note puts a fault's code on the request's line in the log.
func note(ctx context.Context, f *fault.Error) { event.Annotate(ctx, "code", string(f.Code)) }
