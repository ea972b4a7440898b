using System.Security.Cryptography;
using Microsoft.Data.Sqlite;

namespace EdgeRecorder.Ledger;

/// <summary>What somebody may do, each including the one before: see; record, lock, control; change the box.</summary>
internal enum Role { Viewer, Operator, Admin }

internal sealed record User(string Name, Role Role, bool Initial, DateTimeOffset Created);

internal sealed record Token(string Id, string Name, Role Role, string CreatedBy, DateTimeOffset Created, DateTimeOffset? Expires);

/// <summary>Users and API tokens. Passwords are PBKDF2-SHA-256, tokens SHA-256 of 256 random bits.</summary>
internal sealed class UserStore(LedgerDatabase ledger, TimeProvider time)
{
    /// <summary>About 60 ms of a small core per guess; verified credentials are remembered elsewhere, so programs pay once in five minutes.</summary>
    public const int Iterations = 210_000;

    private static readonly byte[] NoSalt = new byte[16];

    /// <summary>Something about users or tokens changed: whoever remembers credentials forgets them.</summary>
    public event Action? Changed;

    public IReadOnlyList<User> All() => ledger.Read(c => c.List("SELECT name, role, initial, created_utc_ms FROM users ORDER BY name", ReadUser));

    public User? Find(string name) => ledger.Read(c => Find(c, name));

    /// <summary>The user when the password is right. Takes as long for a name that does not exist.</summary>
    public User? Verify(string name, string password)
    {
        var (salt, hash, iterations, user) = ledger.Read(c => c.List("SELECT name, role, initial, created_utc_ms, salt, hash, iterations FROM users WHERE name=$n",
            r => (r.Blob(4)!, r.Blob(5)!, r.GetInt32(6), (User?)ReadUser(r)), ("$n", name))) is [var row] ? row : (NoSalt, [], Iterations, null);
        var given = Hash(password, salt, iterations);
        return user is not null && CryptographicOperations.FixedTimeEquals(given, hash) ? user : null;
    }

    /// <summary>False when the name is taken.</summary>
    public bool Add(string name, string password, Role role, bool initial = false)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        var hash = Hash(password, salt, Iterations);
        return Announce(ledger.Write(c => c.Run("INSERT OR IGNORE INTO users VALUES ($n, $r, $s, $h, $i, $initial, $at)", ("$n", name), ("$r", Word(role)), ("$s", salt),
            ("$h", hash), ("$i", Iterations), ("$initial", initial), ("$at", time.GetUtcNow().ToUnixTimeMilliseconds())) > 0));
    }

    public bool SetPassword(string name, string password) => SetPassword(name, password, initial: false);

    /// <summary>A new first-boot password, for a user who never had another.</summary>
    public bool Remake(string name, string password) => SetPassword(name, password, initial: true);

    private bool SetPassword(string name, string password, bool initial)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        var hash = Hash(password, salt, Iterations);
        return Announce(ledger.Write(c => c.Run("UPDATE users SET salt=$s, hash=$h, iterations=$i, initial=$initial WHERE name=$n",
            ("$n", name), ("$s", salt), ("$h", hash), ("$i", Iterations), ("$initial", initial)) > 0));
    }

    /// <summary>False when it would leave the box without an admin.</summary>
    public bool SetRole(string name, Role role) => Announce(ledger.Write(c =>
    {
        if (role != Role.Admin && IsLastAdmin(c, name))
            return false;
        c.Run("UPDATE users SET role=$r WHERE name=$n", ("$n", name), ("$r", Word(role)));
        return true;
    }));

    /// <summary>False when it is the last admin.</summary>
    public bool Remove(string name) => Announce(ledger.Write(c => !IsLastAdmin(c, name) && c.Run("DELETE FROM users WHERE name=$n", ("$n", name)) > 0));

    public IReadOnlyList<Token> Tokens() => ledger.Read(c => c.List("SELECT id, name, role, created_by, created_utc_ms, expires_utc_ms FROM tokens ORDER BY id", ReadToken));

    /// <summary>Makes a token; its secret is returned here and nowhere again.</summary>
    public (Token Token, string Secret) AddToken(string name, Role role, string by, DateTimeOffset? expires)
    {
        var secret = "er_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var token = new Token(OpaqueId.New(), name, role, by, DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds()), expires);
        ledger.Write(c => c.Run("INSERT INTO tokens VALUES ($id, $n, $r, $h, $by, $at, $until)", ("$id", token.Id), ("$n", name), ("$r", Word(role)),
            ("$h", TokenHash(secret)), ("$by", by), ("$at", token.Created.ToUnixTimeMilliseconds()), ("$until", expires?.ToUnixTimeMilliseconds())));
        return (token, secret);
    }

    public Token? FindToken(string secret)
    {
        var found = ledger.Read(c => c.List("SELECT id, name, role, created_by, created_utc_ms, expires_utc_ms FROM tokens WHERE hash=$h", ReadToken, ("$h", TokenHash(secret))));
        return found is [var token] && !(token.Expires <= time.GetUtcNow()) ? token : null;
    }

    public bool RemoveToken(string id) => Announce(ledger.Write(c => c.Run("DELETE FROM tokens WHERE id=$id", ("$id", id)) > 0));

    public static string Word(Role role) => role switch { Role.Admin => "admin", Role.Operator => "operator", _ => "viewer" };

    public static Role? Parse(string? word) => word switch { "admin" => Role.Admin, "operator" => Role.Operator, "viewer" => Role.Viewer, _ => null };

    private bool Announce(bool changed)
    {
        if (changed)
            Changed?.Invoke();
        return changed;
    }

    private static bool IsLastAdmin(SqliteConnection c, string name)
        => Find(c, name) is { Role: Role.Admin } && c.List("SELECT count(*) FROM users WHERE role='admin'", r => r.GetInt32(0))[0] == 1;

    private static User? Find(SqliteConnection c, string name)
        => c.List("SELECT name, role, initial, created_utc_ms FROM users WHERE name=$n", ReadUser, ("$n", name)) is [var user] ? user : null;

    private static User ReadUser(SqliteDataReader r) => new(r.GetString(0), Parse(r.GetString(1)) ?? Role.Viewer, r.GetBoolean(2), r.Time(3));

    private static Token ReadToken(SqliteDataReader r) => new(r.GetString(0), r.GetString(1), Parse(r.GetString(2)) ?? Role.Viewer, r.GetString(3), r.Time(4), r.OptionalTime(5));

    private static byte[] Hash(string password, byte[] salt, int iterations) => Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA256, 32);

    private static byte[] TokenHash(string secret) => SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(secret));
}
