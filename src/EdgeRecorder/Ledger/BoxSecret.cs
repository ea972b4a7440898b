using System.Security.Cryptography;
using System.Text;

namespace EdgeRecorder.Ledger;

/// <summary>
/// The box's own key, `keys/box-secret` (32 random bytes, mode 0600): camera passwords in the ledger are encrypted with it, so that a copy of the
/// database alone gives nothing away. AES-256-GCM; stored as nonce (12), tag (16), text.
/// </summary>
internal sealed class BoxSecret
{
    private const int NonceLength = 12, TagLength = 16;
    private readonly byte[] _key;

    private BoxSecret(byte[] key) => _key = key;

    /// <summary>Reads the key or makes it.</summary>
    /// <exception cref="LedgerException">The file exists and is not 32 bytes.</exception>
    public static BoxSecret Open(string keysDirectory)
    {
        var path = Path.Combine(keysDirectory, "box-secret");
        if (!File.Exists(path))
            PrivateFile.Write(path, RandomNumberGenerator.GetBytes(32));
        var key = File.ReadAllBytes(path);
        return key.Length == 32 ? new(key) : throw new LedgerException($"{path}: is {key.Length} bytes, not 32; camera passwords cannot be read without the right one");
    }

    /// <summary>A key of its own for another purpose: knowing it tells nothing of this one.</summary>
    public byte[] Derive(string purpose) => HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, 32, info: Encoding.UTF8.GetBytes(purpose));

    public byte[] Protect(string text)
    {
        var plain = Encoding.UTF8.GetBytes(text);
        var stored = new byte[NonceLength + TagLength + plain.Length];
        RandomNumberGenerator.Fill(stored.AsSpan(0, NonceLength));
        using var aes = new AesGcm(_key, TagLength);
        aes.Encrypt(stored.AsSpan(0, NonceLength), plain, stored.AsSpan(NonceLength + TagLength), stored.AsSpan(NonceLength, TagLength));
        return stored;
    }

    /// <exception cref="CryptographicException">It was encrypted by another box or damaged.</exception>
    public string Unprotect(ReadOnlySpan<byte> stored)
    {
        if (stored.Length < NonceLength + TagLength)
            throw new CryptographicException("A stored password is too short.");
        var plain = new byte[stored.Length - NonceLength - TagLength];
        using var aes = new AesGcm(_key, TagLength);
        aes.Decrypt(stored[..NonceLength], stored[(NonceLength + TagLength)..], stored.Slice(NonceLength, TagLength), plain);
        return Encoding.UTF8.GetString(plain);
    }
}

/// <summary>Files that only the daemon's user may read.</summary>
internal static class PrivateFile
{
    public const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Written beside, synced, renamed: it is there whole or not at all, and never readable by others in between.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var beside = path + ".new";
        File.Delete(beside);
        using (var file = new FileStream(beside, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Mode }))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        File.Move(beside, path, overwrite: true);
    }

    /// <summary>A directory of mode 0700.</summary>
    public static void MakeDirectory(string path)
        => Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
}
