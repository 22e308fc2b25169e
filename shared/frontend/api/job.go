package api

// The jobs that the API is for. Each operation belongs to one, and the document lists them in this order.
const (
	tagInvites  = "Invite a client"
	tagBatches  = "Invite many"
	tagClients  = "Clients"
	tagContacts = "Contacts"
	tagRoles    = "Roles and rights"
	tagThings   = "Instances and services"
	tagSender   = "Sender"
	tagAgency   = "Agency and members"
	tagMembers  = tagAgency
	tagKeys     = "API keys"
	tagHooks    = "Webhooks"
	tagApp      = "Client Portal"
	tagLinks    = "Share links"
	tagInvitee  = "Invitations"
	tagPortal   = "Portal"
	tagSession  = "Signing in"
	tagAccount  = "Your account"
	tagActivity = "Activity"
	tagService  = "Service"
)

// job is a part of the document: what somebody wants to get done, and the operations for it, the usual ones first.
type job struct {
	name, about string
	operations  []string
}

var jobs = []job{
	{tagInvites, "Send an invite, follow its email, and answer what comes back.", []string{"sendInvite", "getInvite", "listInvites",
		"resendInvite", "cancelInvite", "rescheduleInvite", "updateReminders", "previewInvite", "quoteOrder", "getContract",
		"approveProposal", "refuseProposal"}},
	{tagBatches, "Invite many at once, by lines or by a file. Part of Client Portal: install it first.", []string{"sendInvites",
		"listBatches", "getBatch", "cancelBatch", "exportBatch", "previewImport", "confirmImport"}},
	{tagClients, "See who your clients are, and change what you share with them.", []string{"listClients", "getClient", "updateClient",
		"grantAccess", "revokeAccess", "removeClient", "eraseClient", "retryProvisioning", "proposePayerChange",
		"getPayerChange", "agreePayerChange", "declinePayerChange", "withdrawPayerChange"}},
	{tagContacts, "Keep cards of the people and companies you know.", []string{"listContacts", "createContact", "getContact",
		"updateContact", "archiveContact", "importContacts", "exportContacts"}},
	{tagRoles, "Say what your external users see and do in Client Portal, and look at it as they do.", []string{"listRoles", "createRole",
		"getRole", "updateRole", "deleteRole", "getClientRights", "previewAsClient"}},
	{tagThings, "Connect what you share with clients.", []string{"listInstances", "connectInstance", "getInstance", "updateInstance",
		"checkInstance", "disconnectInstance", "listServices", "connectService", "getService", "disconnectService"}},
	{tagSender, "Send from your own domain: publish its records, see each one turn right, and switch it on.", []string{"getSender",
		"updateSender", "listDomains", "claimDomain", "getDomain", "checkDomain", "sendTestMail", "enableDomain", "disableDomain",
		"updateDomain", "releaseDomain", "sendDomainRecords", "revokeDomainRecords", "viewDomainRecords", "getZoneFile", "setSmtp",
		"testSmtp", "removeSmtp"}},
	{tagAgency, "Your brand, your plan and your people.", []string{"getHome", "getAgency", "updateBranding", "updateLogo", "openSandbox",
		"listMembers", "addMember", "updateMember", "removeMember", "getNotificationSettings", "updateNotificationSettings",
		"getMailSettings", "updateMailSettings", "getIssuer", "setIssuer", "requireIssuer", "removeIssuer", "startPlanUpgrade",
		"openAgencyBilling", "signUpAgency", "deleteAgency"}},
	{tagApp, "Install the app, set it up, and decide who does what in it.", []string{"getPortalApp", "installPortal",
		"updatePortalSettings", "uninstallPortal", "makeInternal"}},
	{tagKeys, "Let programs call the API for your agency.", []string{"createApiKey", "listApiKeys", "revokeApiKey"}},
	{tagHooks, "Have events sent to a program of your own, and see what became of each.", []string{"createWebhookEndpoint",
		"listWebhookEndpoints", "getWebhookEndpoint", "updateWebhookEndpoint", "deleteWebhookEndpoint", "rotateWebhookSecret",
		"sendTestEvent", "listDeliveries", "getDelivery", "redeliver", "recoverEvents"}},
	{tagLinks, "Let people join by a link of your own, and decide on who asks to.", []string{"createShareLink", "listShareLinks",
		"getShareLink", "updateShareLink", "resetShareLink", "disableShareLink", "listJoinRequests", "approveJoin", "refuseJoin",
		"viewShareLink", "joinByLink"}},
	{tagInvitee, "What somebody does with the link they were emailed.", []string{"viewInvitation", "acceptInvitation", "startCheckout",
		"declineInvitation", "proposeAddress", "requestNewLink"}},
	{tagPortal, "What a client sees and does. A client signs in: API keys don't work here.", []string{"getPortal", "getPortalInstance",
		"setWorkflowState", "enterInstance", "getPortalContract", "openBillingPortal", "confirmCheckout",
		"proposePortalPayerChange", "getPortalPayerChange", "agreePortalPayerChange", "declinePortalPayerChange",
		"withdrawPortalPayerChange",
		"listPortalContacts", "getPortalContact", "updatePortalContact"}},
	{tagSession, "A session for a person, with a code or a passkey instead of a password.", []string{"requestSignInCode", "signIn",
		"beginPasskeySignIn", "signInWithPasskey", "stepUp", "beginPasskeyStepUp", "stepUpWithPasskey", "getSession", "signOut"}},
	{tagAccount, "What a person does with their own data.", []string{"listSessions", "endSession", "listIdentities", "linkIdentity",
		"unlinkIdentity", "listPasskeys", "beginPasskey", "addPasskey", "renamePasskey", "removePasskey", "exportMyData", "leavePortal",
		"endAllSessions", "eraseMe"}},
	{tagActivity, "Who changed what, and when.", []string{"listActivity", "exportActivity"}},
	{tagService, "Whether we're there.", []string{"getHealth"}},
}

// place is where an operation stands in its job; false when no job has it.
func place(tag, operation string) (int, bool) {
	for _, j := range jobs {
		for n, o := range j.operations {
			if j.name == tag && o == operation {
				return n, true
			}
		}
	}
	return 0, false
}
