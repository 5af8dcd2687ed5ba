package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// answerToken gives a TokenRequest a token that nobody accepts, good for a minute, as yurthub does while the API server is
// away (openyurt, pkg/yurthub/proxy/local/faketoken.go, since 1.0): the kubelet can mount it, and the pod starts.
func answerToken(w http.ResponseWriter, r *http.Request, info requestInfo, body []byte) {
	until := time.Now().Add(time.Minute)
	token := uselessToken("system:serviceaccount:"+info.namespace+":"+info.name, until)
	answer, err := withToken(body, r.Header.Get("Content-Type"), token, until)
	if err != nil {
		answer = body
	}
	echo(w, r, answer)
}

func uselessToken(subject string, until time.Time) string {
	encode := base64.RawURLEncoding.EncodeToString
	claims := fmt.Sprintf(`{"exp":%d,"iat":%d,"iss":"openyurt","sub":%q}`, until.Unix(), time.Now().Unix(), subject)
	text := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(claims))
	mac := hmac.New(sha256.New, []byte("openyurt"))
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil))
}

func withToken(body []byte, contentType, token string, until time.Time) ([]byte, error) {
	if strings.Contains(contentType, "protobuf") {
		return withProtobufToken(body, token, until)
	}
	var request map[string]any
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, err
	}
	request["status"] = map[string]any{"token": token, "expirationTimestamp": until.UTC().Format(time.RFC3339)}
	return json.Marshal(request)
}

var protobufPrefix = []byte("k8s\x00")

// withProtobufToken appends the status (field 3) to the object, which is field 2 of the envelope runtime.Unknown.
func withProtobufToken(body []byte, token string, until time.Time) ([]byte, error) {
	if !bytes.HasPrefix(body, protobufPrefix) {
		return nil, fmt.Errorf("is not an object of Kubernetes in protobuf")
	}
	stamp := append([]byte{1 << 3}, binary.AppendUvarint(nil, uint64(until.Unix()))...)
	status := append(field(1, []byte(token)), field(2, stamp)...)
	out := append([]byte{}, protobufPrefix...)
	for rest := body[len(protobufPrefix):]; len(rest) > 0; {
		number, content, after, err := nextField(rest)
		if err != nil {
			return nil, err
		}
		if number == 2 {
			content = append(append([]byte{}, content...), field(3, status)...)
		}
		out, rest = append(out, field(number, content)...), after
	}
	return out, nil
}

// field is one of bytes: the envelope has no others.
func field(number int, content []byte) []byte {
	head := binary.AppendUvarint(nil, uint64(number<<3|2))
	return append(binary.AppendUvarint(head, uint64(len(content))), content...)
}

func nextField(data []byte) (number int, content, rest []byte, err error) {
	key, n := binary.Uvarint(data)
	if n <= 0 || key&7 != 2 {
		return 0, nil, nil, fmt.Errorf("has a field that is not bytes")
	}
	length, m := binary.Uvarint(data[n:])
	if m <= 0 || uint64(len(data)-n-m) < length {
		return 0, nil, nil, fmt.Errorf("is cut short")
	}
	start := n + m
	return int(key >> 3), data[start : start+int(length)], data[start+int(length):], nil
}
