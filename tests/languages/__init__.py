"""The SDKs that Pulumi generates for other languages, compiled; may run Go, npm and tsc."""
