using System.Security.Cryptography;
using EdgeRecorder.Bytes;
using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.Update;

/// <summary>
/// An update: a tar archive of `manifest.json`, `manifest.sig` (ECDSA P-256 over SHA-256 of the manifest, DER) and `slot.squashfs`, in this order. Nothing of the manifest is believed,
/// nor even read as JSON, before its signature fits.
/// </summary>
internal sealed class UpdateFile : IDisposable
{
    public const string Protocol = "update";
    private const int LongestManifest = 64 << 10, LongestSignature = 256, KeyBits = 256;

    private readonly LinuxFile _file;
    private readonly long _slotAt;

    private UpdateFile(LinuxFile file, UpdateManifest manifest, long slotAt) => (_file, Manifest, _slotAt) = (file, manifest, slotAt);

    public UpdateManifest Manifest { get; }

    /// <param name="keyPath">Public key, PEM.</param>
    /// <exception cref="ProtocolException">It is no update, is cut off, or its signature is not of that key.</exception>
    /// <exception cref="UpdateException">The key cannot be used.</exception>
    public static UpdateFile Open(string path, string keyPath)
    {
        using var key = ReadKey(keyPath);
        var file = LinuxFile.OpenUnlocked(path);
        try
        {
            var length = file.Length;
            var offset = 0L;
            var manifest = Member("manifest.json", LongestManifest);
            var signature = Member("manifest.sig", LongestSignature);
            if (!IsSigned(key, manifest, signature))
                throw new ProtocolException(Protocol, 0, "manifest.sig", $"is no signature of the key in {keyPath}");
            var said = UpdateManifest.Parse(manifest);
            var slot = Header("slot.squashfs");
            if (slot.Size != said.SlotBytes)
                throw new ProtocolException(Protocol, 0, "slot.squashfs", $"has {slot.Size} bytes, the manifest says {said.SlotBytes}");
            if (slot.Size > length - offset)
                throw new ProtocolException(Protocol, 0, "slot.squashfs", $"is cut off: {length - offset} of {slot.Size} bytes are there");
            return new(file, said, offset);

            TarHeader Header(string name)
            {
                Span<byte> block = stackalloc byte[TarHeader.Length];
                var header = TarHeader.Parse(block[..file.Read(block, offset)]);
                if (header.Name != name)
                    throw new ProtocolException(Protocol, 0, "name", $"is {header.Name} where {name} belongs");
                offset += TarHeader.Length;
                return header;
            }

            byte[] Member(string name, int longest)
            {
                var header = Header(name);
                if (header.Size > longest)
                    throw new ProtocolException(Protocol, 0, name, $"has {header.Size} bytes, more than {longest}");
                var content = new byte[header.Size];
                if (file.Read(content, offset) < content.Length)
                    throw new ProtocolException(Protocol, 0, name, "is cut off");
                offset += TarHeader.Padded(header.Size);
                return content;
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Bytes of the slot's content from <paramref name="offset"/> on, until <paramref name="target"/> is full or the content ends.</summary>
    public int Read(Span<byte> target, long offset)
        => _file.Read(target[..(int)Math.Min(target.Length, Manifest.SlotBytes - offset)], _slotAt + offset);

    public void Dispose() => _file.Dispose();

    private static bool IsSigned(ECDsa key, byte[] data, byte[] signature)
    {
        try
        {
            return key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)                      // not even DER
        {
            return false;
        }
    }

    private static ECDsa ReadKey(string path)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            if (key.KeySize != KeyBits)
                throw new CryptographicException($"a key of {key.KeySize} bits, not of P-256");
            return key;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new UpdateException($"{path}: no key to check updates with: {e.Message}");
        }
    }
}

/// <summary>An update that is not made; the message is for the owner.</summary>
internal sealed class UpdateException(string message) : Exception(message);
