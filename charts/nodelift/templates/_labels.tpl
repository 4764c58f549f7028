{{/* Labels that select the controller's pods. */}}
{{- define "nodelift.selector" -}}
app.kubernetes.io/name: nodelift
{{- end -}}

{{- define "nodelift.labels" -}}
{{ include "nodelift.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end -}}

{{- define "nodelift.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}
