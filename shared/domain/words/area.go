package words

import "embed"

// Area is a part of the catalogue that clients read, in every language but English. A program carries the areas that it names, and no
// others: the linker leaves out what no code refers to.
type Area struct {
	name  string
	files *embed.FS
}

// The areas.
var (
	Account      = &Area{"account", &accountFiles}
	AccountMail  = &Area{"accountmail", &accountmailFiles}
	Checkout     = &Area{"checkout", &checkoutFiles}
	Contract     = &Area{"contract", &contractFiles}
	Details      = &Area{"details", &detailsFiles}
	Errors       = &Area{"errors", &errorsFiles}
	General      = &Area{"general", &generalFiles}
	Invitation   = &Area{"invitation", &invitationFiles}
	Join         = &Area{"join", &joinFiles}
	Kinds        = &Area{"kinds", &kindsFiles}
	Mail         = &Area{"mail", &mailFiles}
	Meant        = &Area{"meant", &meantFiles}
	Money        = &Area{"money", &moneyFiles}
	N8N          = &Area{"n8n", &n8nFiles}
	Nowhere      = &Area{"nowhere", &nowhereFiles}
	Passkeys     = &Area{"passkeys", &passkeysFiles}
	Payer        = &Area{"payer", &payerFiles}
	Portal       = &Area{"portal", &portalFiles}
	Progress     = &Area{"progress", &progressFiles}
	Provisioning = &Area{"provisioning", &provisioningFiles}
	Receipt      = &Area{"receipt", &receiptFiles}
	Reminders    = &Area{"reminders", &remindersFiles}
	SignIn       = &Area{"signin", &signinFiles}
	StepUp       = &Area{"stepup", &stepupFiles}
	Time         = &Area{"time", &timeFiles}
	Unsubscribe  = &Area{"unsubscribe", &unsubscribeFiles}
	Waiting      = &Area{"waiting", &waitingFiles}
)

var (
	//go:embed packed/*/account.gz
	accountFiles embed.FS
	//go:embed packed/*/accountmail.gz
	accountmailFiles embed.FS
	//go:embed packed/*/checkout.gz
	checkoutFiles embed.FS
	//go:embed packed/*/contract.gz
	contractFiles embed.FS
	//go:embed packed/*/details.gz
	detailsFiles embed.FS
	//go:embed packed/*/errors.gz
	errorsFiles embed.FS
	//go:embed packed/*/general.gz
	generalFiles embed.FS
	//go:embed packed/*/invitation.gz
	invitationFiles embed.FS
	//go:embed packed/*/join.gz
	joinFiles embed.FS
	//go:embed packed/*/kinds.gz
	kindsFiles embed.FS
	//go:embed packed/*/mail.gz
	mailFiles embed.FS
	//go:embed packed/*/meant.gz
	meantFiles embed.FS
	//go:embed packed/*/money.gz
	moneyFiles embed.FS
	//go:embed packed/*/n8n.gz
	n8nFiles embed.FS
	//go:embed packed/*/nowhere.gz
	nowhereFiles embed.FS
	//go:embed packed/*/passkeys.gz
	passkeysFiles embed.FS
	//go:embed packed/*/payer.gz
	payerFiles embed.FS
	//go:embed packed/*/portal.gz
	portalFiles embed.FS
	//go:embed packed/*/progress.gz
	progressFiles embed.FS
	//go:embed packed/*/provisioning.gz
	provisioningFiles embed.FS
	//go:embed packed/*/receipt.gz
	receiptFiles embed.FS
	//go:embed packed/*/reminders.gz
	remindersFiles embed.FS
	//go:embed packed/*/signin.gz
	signinFiles embed.FS
	//go:embed packed/*/stepup.gz
	stepupFiles embed.FS
	//go:embed packed/*/time.gz
	timeFiles embed.FS
	//go:embed packed/*/unsubscribe.gz
	unsubscribeFiles embed.FS
	//go:embed packed/*/waiting.gz
	waitingFiles embed.FS
)

// Areas lists every area.
func Areas() []*Area {
	return []*Area{
		Account, AccountMail, Checkout, Contract, Details, Errors, General, Invitation, Join, Kinds, Mail, Meant, Money, N8N,
		Nowhere, Passkeys, Payer, Portal, Progress, Provisioning, Receipt, Reminders, SignIn, StepUp, Time, Unsubscribe,
		Waiting,
	}
}

// Speak has the program speak every language in these areas. In the others, and where it is never called, it speaks English alone.
func Speak(areas ...*Area) {
	for _, a := range areas {
		carried.Store(a.name, a.files)
	}
}
