package sqs

import "latchkey.dev/infra/run/engine/roundtrip"

// The errors of the service, in the words of the SQS API reference. Those that the query protocol spelled otherwise
// carry that spelling too: SDKs and the CLI still read it from a header.

// noQueueCode is how the query protocol spells QueueDoesNotExist.
const noQueueCode = "AWS.SimpleQueueService.NonExistentQueue"

func noQueue() error {
	return &roundtrip.Error{
		Code: "QueueDoesNotExist", Message: "The specified queue does not exist.", QueryCode: noQueueCode,
	}
}

func queueExists(name, attribute string) error {
	return &roundtrip.Error{
		Code: "QueueNameExists", QueryCode: "QueueAlreadyExists",
		Message: "A queue already exists with the same name and a different value for attribute " + attribute +
			": " + name,
	}
}

func missing(parameter string) error {
	return &roundtrip.Error{
		Code: "MissingParameter", QueryCode: "MissingParameter",
		Message: "The request must contain the parameter " + parameter + ".",
	}
}

func invalidValue(value, parameter, reason string) error {
	e := roundtrip.Errorf("InvalidParameterValue", "Value %s for parameter %s is invalid. Reason: %s", value, parameter,
		reason)
	e.QueryCode = "InvalidParameterValue"
	return e
}

func invalidAttributeValue(attribute string) error {
	e := roundtrip.Errorf("InvalidAttributeValue", "Invalid value for the parameter %s.", attribute)
	e.QueryCode = "InvalidAttributeValue"
	return e
}

func badHandle(handle string) error {
	e := roundtrip.Errorf("ReceiptHandleIsInvalid", "The input receipt handle \"%s\" is not a valid receipt handle.", handle)
	e.QueryCode = "ReceiptHandleIsInvalid"
	return e
}

func batchError(code, message string) error {
	return &roundtrip.Error{Code: code, Message: message, QueryCode: "AWS.SimpleQueueService." + code}
}

func unsupported(message string) error {
	return &roundtrip.Error{
		Code: "UnsupportedOperation", Message: message, QueryCode: "AWS.SimpleQueueService.UnsupportedOperation",
	}
}

func noResource(message string) error {
	return &roundtrip.Error{Status: 404, Code: "ResourceNotFoundException", Message: message}
}
