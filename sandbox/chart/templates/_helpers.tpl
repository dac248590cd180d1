{{- /* Namespace of every namespaced object but those in kruise-daemon-config. */ -}}
{{- define "kruise.namespace" -}}
{{- .Values.installation.namespace -}}
{{- end -}}

{{- /* Manager and daemon share one image. */ -}}
{{- define "kruise.image" -}}
{{- .Values.manager.image.repository }}:{{ .Values.manager.image.tag -}}
{{- end -}}

{{- /* Hooks run before anything is deleted; "weight" gives the order among them. Takes the weight. */ -}}
{{- define "kruise.preDeleteHook" -}}
helm.sh/hook: pre-delete
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
helm.sh/hook-weight: {{ . | quote }}
{{- end -}}

{{- /* A ServiceAccount that keeps the token Secrets it has on the cluster. Takes root and name. */ -}}
{{- define "kruise.serviceAccount" -}}
{{- $namespace := include "kruise.namespace" .root -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .name }}
  namespace: {{ $namespace }}
  {{- with .root.Values.serviceAccount.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- with (lookup "v1" "ServiceAccount" $namespace .name).secrets }}
secrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* A namespaced or cluster-wide binding to a ServiceAccount. Takes root, kind (Role or ClusterRole), name,
       role, account; namespace when the kind is Role. */ -}}
{{- define "kruise.binding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .kind }}Binding
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  {{- with .hookWeight }}
  annotations:
    {{- include "kruise.preDeleteHook" . | nindent 4 }}
  {{- end }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .kind }}
  name: {{ .role }}
subjects:
  - kind: ServiceAccount
    name: {{ .account }}
    namespace: {{ include "kruise.namespace" .root }}
{{- end -}}
