<?php

declare(strict_types=1);

namespace Yipii\Client;

/** Sends requests with curl. It follows no redirects: a credential goes to the server that it was meant for. */
final class Http
{
    private ?\CurlHandle $curl = null;

    /** @param int $timeout of a request, in seconds */
    public function __construct(private readonly int $timeout = 30)
    {
    }

    /**
     * @param array<string, string> $headers
     * @return array{int, array<string, string>, string} status, headers by their names in small letters, body
     */
    public function send(string $method, string $url, #[\SensitiveParameter] array $headers, #[\SensitiveParameter] ?string $body = null): array
    {
        $this->curl ??= curl_init();
        curl_reset($this->curl); // the connection stays
        $lines = [];
        foreach ($headers as $name => $value) {
            $lines[] = "$name: $value";
        }
        $answered = [];
        $options = [
            CURLOPT_URL => $url,
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_HTTPHEADER => $lines,
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_TIMEOUT => $this->timeout,
            CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
            CURLOPT_HEADERFUNCTION => function ($curl, string $line) use (&$answered): int {
                if (str_contains($line, ':')) {
                    [$name, $value] = explode(':', $line, 2);
                    $answered[strtolower(trim($name))] = trim($value);
                }
                return strlen($line);
            },
        ];
        if ($body !== null) {
            $options[CURLOPT_POSTFIELDS] = $body;
        }
        curl_setopt_array($this->curl, $options);
        $text = curl_exec($this->curl);
        if (!is_string($text)) {
            throw new \RuntimeException('yipii: ' . curl_error($this->curl));
        }
        return [curl_getinfo($this->curl, CURLINFO_RESPONSE_CODE), $answered, $text];
    }
}
