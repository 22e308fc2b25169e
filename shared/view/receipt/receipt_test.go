package receipt_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/money"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/receipt"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	sent = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	now  = sent.Add(50 * time.Hour)
)

func price(month, year int64) (m, y contract.Price) {
	return contract.Price{ID: "price_m", Amount: money.Amount{Minor: month, Currency: "EUR"}},
		contract.Price{ID: "price_y", Amount: money.Amount{Minor: year, Currency: "EUR"}}
}

// asked is a client that was asked to buy hosting and WhatsApp.
func asked(change func(c *client.Client)) *client.Client {
	hosting, whatsapp := contract.Line{Article: contract.Article{Product: contract.Hosting, StorageGB: 30}},
		contract.Line{Article: contract.Article{Product: contract.WhatsApp}}
	hosting.Month, hosting.Year = price(4900, 49000)
	whatsapp.Month, whatsapp.Year = price(1900, 19000)
	c := &client.Client{ID: "cl_1", Agency: "ag_1", Email: "ops@acme.example", Name: "Acme Ltd", Invite: &invite.Invite{
		ID: "in_01KC5R9V3MAG4J6M8P0S2V4X6Z", Status: invite.Pending, Payer: invite.ClientPays, From: invite.Sender{AgencyName: "Northwind Automations"}, CreatedAt: sent, ExpiresAt: sent.Add(invite.Lifetime),
		Contract: &contract.Contract{Lines: []contract.Line{hosting, whatsapp}, Tax: contract.Tax{Way: contract.Included, Rate: 1900}, At: sent},
	}}
	change(c)
	return c
}

func paid(c *client.Client) {
	c.Invite.Status, c.AcceptedAt = invite.Accepted, sent.Add(time.Hour)
	c.Payment = subscription.Subscription{State: subscription.Active, Interval: payment.Year, PaidAt: sent.Add(time.Hour),
		PeriodEnd: sent.AddDate(1, 0, 0)}
}

func of(t *testing.T, c *client.Client) *receipt.Receipt {
	t.Helper()
	r, err := receipt.In(words.English).Of(c, now)
	if err != nil || r == nil {
		t.Fatalf("%+v, %v", r, err)
	}
	return r
}

func TestGoldenReceipts(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(c *client.Client){
		"unpaid": func(*client.Client) {},
		"paid":   paid,
		"ended": func(c *client.Client) {
			paid(c)
			c.Payment.State, c.Payment.EndedAt = subscription.Unpaid, now
			c.EndedAt, c.EndedBy = now, client.ByClient
		},
		"odd": func(c *client.Client) {
			c.Invite.From.AgencyName, c.Name = "شركة النور", "🚀 "+strings.Repeat("long ", 40)
			c.Invite.Contract.Tax = contract.Tax{Way: contract.Worked}
		},
	} {
		got := of(t, asked(change)).Text(now)
		path := filepath.Join("testdata", name+".txt")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		for line := range strings.Lines(got) {
			if name != "odd" && utf8.RuneCountInString(line) > 73 {
				t.Errorf("%s: too wide: %s", name, line)
			}
		}
	}
}

func TestEveryStateOfAPaymentHasItsWords(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(c *client.Client){
		"Not paid yet": func(*client.Client) {},
		"Not paid":     func(c *client.Client) { c.Invite.ExpiresAt = now.Add(-time.Hour) },
		"Checkout open": func(c *client.Client) {
			c.Payment = subscription.Subscription{State: subscription.CheckoutOpen,
				Checkout: subscription.Checkout{ExpiresAt: now.Add(time.Hour)}}
		},
		"Paid":              paid,
		"Ends 2 March 2027": func(c *client.Client) { paid(c); c.Payment.Ending = true },
		"Past due":          func(c *client.Client) { paid(c); c.Payment.State, c.Payment.PastDueSince = subscription.PastDue, now },
		"Disputed":          func(c *client.Client) { paid(c); c.Payment.State = subscription.Disputed },
		"Ended":             func(c *client.Client) { paid(c); c.Payment.State, c.Payment.EndedAt = subscription.Canceled, now },
		"Refunded": func(c *client.Client) {
			paid(c)
			c.Payment.State, c.Items = subscription.Canceled, []purchase.Item{{State: purchase.Refunded}}
		},
	} {
		if s := receipt.In(words.English).StateOf(asked(change), now); s.Word != want || s.Text == "" || s.Weight == "" {
			t.Errorf("%+v, want %s", s, want)
		}
	}
	ended := map[string]func(c *client.Client){
		"was declined": func(c *client.Client) {
			c.Invite.Status, c.Invite.Timeline = invite.Canceled, []invite.Event{{Name: invite.Declined}}
		},
		"ended before":     func(c *client.Client) { c.Invite.Status = invite.Canceled },
		"had ended, and":   func(c *client.Client) { c.Payment.State, c.Invite.Status = subscription.Canceled, invite.Canceled },
		"about to restart": func(c *client.Client) { paid(c); c.Payment.State = subscription.CheckoutOpen },
		"wasn't paid":      func(c *client.Client) { paid(c); c.Payment.State = subscription.Unpaid },
	}
	for want, change := range ended {
		if s := receipt.In(words.English).StateOf(asked(change), now); !strings.Contains(s.Text, want) {
			t.Errorf("%+v, want %q", s, want)
		}
	}
}

func TestWhoBuysNothingHasNoReceipt(t *testing.T) {
	t.Parallel()
	r, err := receipt.In(words.English).Of(asked(func(c *client.Client) { c.Invite.Contract = nil }), now)
	if r != nil || err != nil {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestTheFileIsDated(t *testing.T) {
	t.Parallel()
	if name := receipt.FileName(now); name != "contract-2026-03-04.txt" {
		t.Error(name)
	}
}
