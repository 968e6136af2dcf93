<?php

declare(strict_types=1);

namespace Yipii\Client;

/**
 * Gets access tokens by the client credentials grant (RFC 6749 §4.4): keeps the token, asks for another before it ends, and
 * once for all who share the store.
 */
final class Tokens implements TokenSource
{
    private readonly string $endpoint;
    private ?ApiError $refusal = null;
    private float $again = 0;

    public function __construct(
        string $baseUrl,
        private readonly Credentials $credentials,
        private readonly TokenStore $store = new MemoryStore(),
        private readonly Http $http = new Http(),
    ) {
        $this->endpoint = rtrim($baseUrl, '/') . '/oauth/token';
    }

    public function token(): string
    {
        $kept = $this->store->read();
        if ($kept !== null && microtime(true) < $kept->renewAt) {
            return $kept->text;
        }
        if ($this->refusal !== null && microtime(true) < $this->again) {
            // The server has asked not to be asked.
            return $kept !== null && microtime(true) < $kept->expiresAt ? $kept->text : throw $this->refusal;
        }
        $token = $this->store->change(function (?Token $kept): Token {
            if ($kept !== null && microtime(true) < $kept->renewAt) {
                return $kept; // somebody else has asked while this one waited
            }
            try {
                return $this->ask();
            } catch (ApiError $error) {
                if ($error->retryAfter !== null) {
                    $this->again = microtime(true) + $error->retryAfter;
                    $this->refusal = $error;
                }
                return $kept !== null && microtime(true) < $kept->expiresAt ? $kept : throw $error; // good for a while yet
            }
        });
        return $token->text;
    }

    /** Throws away the token that is kept, if it is this one: of many callers with it, the first makes room for the next token. */
    public function refused(#[\SensitiveParameter] string $token): bool
    {
        $this->store->change(fn (?Token $kept): ?Token => $kept?->text === $token ? null : $kept);
        return true;
    }

    private function ask(): Token
    {
        $form = ['grant_type' => 'client_credentials', 'client_id' => $this->credentials->clientId, 'client_secret' => $this->credentials->secret()];
        if ($this->credentials->scopes !== []) {
            $form['scope'] = implode(' ', $this->credentials->scopes);
        }
        $headers = ['Content-Type' => 'application/x-www-form-urlencoded', 'Accept' => 'application/json'];
        [$status, $answered, $body] = $this->http->send('POST', $this->endpoint, $headers, http_build_query($form, '', '&', PHP_QUERY_RFC1738));
        if ($status !== 200) {
            throw ApiError::of($status, $answered, $body);
        }
        $answer = json_decode($body, true);
        $token = is_array($answer) ? $answer['access_token'] ?? null : null;
        $lifetime = is_array($answer) ? $answer['expires_in'] ?? null : null;
        if (!is_string($token) || $token === '' || !is_int($lifetime) || $lifetime <= 0) {
            throw new ApiError($status, 'What the token endpoint answered holds no token.'); // without the answer: it may hold one
        }
        $expires = microtime(true) + $lifetime;
        return new Token($token, $expires - min($lifetime / 5, 60), $expires);
    }

    /** @return array<string, string> */
    public function __debugInfo(): array
    {
        return ['endpoint' => $this->endpoint, 'clientId' => $this->credentials->clientId];
    }
}
