// Package api is the HTTP interface of the ledger: commands, queries, proofs,
// exports, tokens and sessions under /api/v1, and the pages. It binds JSON and
// identity to commands of the rules, hands them to the one writer, and writes
// answers and problems; it holds no rule of its own.
//
// # How a request runs
//
//	Handler          request id, language, security headers, identity, limits
//	echo             finds the route
//	router.handle    a plain handler func(*call) error, for bytes, files and the hot command path
//	operation        a typed handler on huma, for ordinary JSON
//	(*call).fail     the only place that writes an error, as application/problem+json
//
// Every route says who may use it (access) and is entered into the OpenAPI
// document when it is registered. A handler returns errors; problems.go and
// errors.go say what the caller reads.
package api
