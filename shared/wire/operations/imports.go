package operations

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
)

// Batches serves /v1/batches.
func (f Functions) Batches() event.Function {
	a := f.p.Authenticator()
	return api.Route(f.p.Origin(), api.ListBatches(a, f.p.Batches()), api.SendInvites(a, f.p.BatchSender(), f.p.Batches())).Function()
}

// Batch serves /v1/batches/{batchId}.
func (f Functions) Batch() event.Function {
	a := f.p.Authenticator()
	return api.Route(f.p.Origin(), api.GetBatch(a, f.p.Batches()), api.CancelBatch(a, f.p.Batches())).Function()
}

// BatchExport serves /v1/batches/{batchId}/export.
func (f Functions) BatchExport() event.Function {
	return api.Route(f.p.Origin(), api.ExportBatch(f.p.Authenticator(), f.p.Batches())).Function()
}

// Imports serves /v1/imports.
func (f Functions) Imports() event.Function {
	return api.Route(f.p.Origin(), api.PreviewImport(f.p.Authenticator(), f.p.Checks())).Function()
}

// ImportConfirm serves /v1/imports/confirm.
func (f Functions) ImportConfirm() event.Function {
	return api.Route(f.p.Origin(), api.ConfirmImport(f.p.Authenticator(), f.p.Files(), f.p.Batches())).Function()
}
