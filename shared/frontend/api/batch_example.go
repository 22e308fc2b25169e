package api

import (
	"time"
)

func batchExamples() map[string]example {
	one := AnswerBody{Line: 1, Email: "ops@acme.example", Name: "Acme Ltd", Roles: []string{"rol_01JZ8Y5W3RN6T0V4K2M9QXBDCE"},
		Verdict: "created", ClientID: exampleClient, InviteID: exampleInvite, Status: "sending"}
	two := AnswerBody{Line: 2, Email: "ops@acme.example", Roles: []string{}, Verdict: "duplicate", DuplicateOf: 1,
		Reason: "Line 1 has the same address. It counts."}
	b := BatchBody{ID: exampleBatch, State: "done", Outcome: "some", CreatedAt: after(0), DeletedAt: after(30 * 24 * time.Hour),
		Lines: []AnswerBody{one, two}}
	canceled := b
	canceled.Lines = []AnswerBody{one, two}
	canceled.Lines[0].Status = "canceled"
	ready := one
	ready.Verdict, ready.ClientID, ready.InviteID, ready.Status, ready.SendAt = "ready", "", "", "", afterOrNull(0)
	const hash = exampleBatch + ".5f0c2f0e7f5e4a525f0c2f0e7f5e4a52"
	return map[string]example{
		"sendInvites": exchanges(raw(`{"lines":[{"email":"ops@acme.example","name":"Acme Ltd",`+
			`"roles":["rol_01JZ8Y5W3RN6T0V4K2M9QXBDCE"]},{"email":"ops@acme.example"}]}`), b),
		"listBatches": answers(listed(BatchRow{ID: exampleBatch, State: "done", By: exampleMember,
			Verdicts: map[string]int{"created": 1, "duplicate": 1}, CreatedAt: after(0), DeletedAt: after(30 * 24 * time.Hour)})),
		"getBatch": answers(b), "cancelBatch": answers(canceled),
		"previewImport": answers(CheckedBody{Hash: hash, ExpiresAt: after(24 * time.Hour), Ready: 1, Ignored: []string{"Phone"},
			Money: []string{}, Rows: []AnswerBody{ready, two}}),
		"confirmImport": exchanges(raw(`{"hash":"`+hash+`"}`), b),
	}
}
