<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class Rule
{
    public function __construct(
        public readonly bool $active,
        /** Null for all assets of the account. */
        public readonly ?Targets $appliesTo,
        public readonly RuleConfig $config,
        /** Minutes during which it raises no other alert of the same asset. */
        public readonly int $coolDown,
        public readonly \DateTimeImmutable $createdAt,
        public readonly int $id,
        public readonly string $name,
        public readonly string $severity,
        public readonly string $type,
        public readonly \DateTimeImmutable $updatedAt,
        /** Since when it is as it is. Nothing is concluded for positions before. */
        public readonly \DateTimeImmutable $validFrom,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            active: $data['active'],
            appliesTo: $data['applies_to'] === null ? null : Targets::from($data['applies_to']),
            config: RuleConfig::from($data['config']),
            coolDown: $data['cool_down'],
            createdAt: new \DateTimeImmutable($data['created_at']),
            id: $data['id'],
            name: $data['name'],
            severity: $data['severity'],
            type: $data['type'],
            updatedAt: new \DateTimeImmutable($data['updated_at']),
            validFrom: new \DateTimeImmutable($data['valid_from']),
        );
    }
}
