<?php

declare(strict_types=1);

namespace Yipii\Client;

/** The credentials of an OAuth client. Dumping them shows no secret. */
final class Credentials
{
    /** @param list<string> $scopes to ask for; none stands for all that the client may have */
    public function __construct(
        public readonly string $clientId,
        #[\SensitiveParameter] private readonly string $clientSecret,
        public readonly array $scopes = [],
    ) {
    }

    public function secret(): string
    {
        return $this->clientSecret;
    }

    /** @return array<string, mixed> */
    public function __debugInfo(): array
    {
        return ['clientId' => $this->clientId, 'clientSecret' => '[hidden]', 'scopes' => $this->scopes];
    }
}
