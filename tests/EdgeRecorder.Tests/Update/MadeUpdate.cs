using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EdgeRecorder.Update;

namespace EdgeRecorder.Tests.Update;

/// <summary>A box of plain files, and updates for it.</summary>
internal sealed class MadeBox : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public MadeBox(string running = "a", int slotBytes = 3 << 20)
    {
        Slots = new(running, File("a"), File("b"), File("grubenv"), File("key.pem"), BoxSlots.OwnArchitecture);
        System.IO.File.WriteAllBytes(Slots.PathA, Noise(slotBytes, 1));
        System.IO.File.WriteAllBytes(Slots.PathB, Noise(slotBytes, 2));
        System.IO.File.WriteAllText(Slots.KeyPath, _key.ExportSubjectPublicKeyInfoPem());
        Set("good=a\nmachine_id=0123");
    }

    public BoxSlots Slots { get; }
    public string Said { get; private set; } = "";

    public string File(string name) => _directory.File(name);

    public void Set(string lines) => System.IO.File.WriteAllText(Slots.EnvironmentPath, $"# GRUB Environment Block\n{lines}\n".PadRight(1024, '#'));

    public string Environment => System.IO.File.ReadAllText(Slots.EnvironmentPath).TrimEnd('#')["# GRUB Environment Block\n".Length..].TrimEnd('\n').Replace('\n', ' ');

    /// <summary>`update WHAT`; what it said on either stream is in <see cref="Said"/>.</summary>
    public bool Update(string what)
    {
        using var said = new StringWriter();
        var done = Updater.Run(what, Slots, said, said);
        Said = said.ToString();
        return done;
    }

    public string Write(byte[] slot, string? architecture = null, ECDsa? key = null, string? manifest = null)
        => Write([.. Members(slot, architecture, key, manifest)]);

    public string Write(params (string Name, byte[] Content)[] members)
    {
        using var archive = System.IO.File.Create(File("made.update"));
        foreach (var (name, content) in members)
        {
            archive.Write(Header(name, content.Length));
            archive.Write(content);
            archive.Write(new byte[TarHeader.Padded(content.Length) - content.Length]);
        }
        archive.Write(new byte[1024]);                      // two empty blocks end an archive
        return archive.Name;
    }

    public IEnumerable<(string Name, byte[] Content)> Members(byte[] slot, string? architecture = null, ECDsa? key = null, string? manifest = null)
    {
        var text = Encoding.UTF8.GetBytes(manifest ?? $$"""
            {"format":1,"architecture":"{{architecture ?? BoxSlots.OwnArchitecture}}","version":"1.2.3","slotBytes":{{slot.Length}},"slotSha256":"{{Convert.ToHexStringLower(SHA256.HashData(slot))}}"}
            """);
        yield return ("manifest.json", text);
        yield return ("manifest.sig", (key ?? _key).SignData(text, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        yield return ("slot.squashfs", slot);
    }

    public static byte[] Noise(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Header(string name, int size)
    {
        var header = new byte[TarHeader.Length];
        Encoding.ASCII.GetBytes(name, header);
        Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0'), header.AsSpan(124));
        header.AsSpan(148, 8).Fill((byte)' ');
        header[156] = (byte)'0';
        "ustar\000"u8.CopyTo(header.AsSpan(257));
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Convert.ToString(header.Sum(b => b), 8).PadLeft(6, '0')}\0 "), header.AsSpan(148));
        return header;
    }

    public void Dispose()
    {
        _key.Dispose();
        _directory.Dispose();
    }
}
