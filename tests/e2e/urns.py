"""URNs in the stack's state: this repository's program's component ``kruise`` and its children."""

COMPONENT = "urn:pulumi:sandbox::openkruise::openkruise:index:OpenKruise::kruise"


def _child(token: str, suffix: str) -> str:
    return f"{COMPONENT.replace('OpenKruise::', f'OpenKruise${token}::')}-{suffix}"


NAMESPACE = _child("kubernetes:core/v1:Namespace", "namespace")
RELEASE = _child("kubernetes:helm.sh/v3:Release", "release")
RECORD = _child("openkruise:index:Installation", "installation")
