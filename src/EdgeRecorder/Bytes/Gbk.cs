using System.Buffers.Binary;
using System.Text;

namespace EdgeRecorder.Bytes;

/// <summary>
/// Text of devices: GBK (code page 936). The framework's own decoder is an assembly of 0.85 MB with every code page there is; this one is a table of
/// 47,880 bytes, made from it and compared with it by a test. Loaded with the first text that is not ASCII.
/// </summary>
internal static class Gbk
{
    public const int Leads = 0xFE - 0x81 + 1, TrailsPerLead = 0xFE - 0x40 + 1 - 1;      // trail bytes 40–FE without 7F

    private static readonly Lazy<byte[]> Table = new(Load);

    /// <summary>What cannot be read becomes U+FFFD, control characters go, and so do blanks and zeros at both ends: terminals pad on either side.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        for (var i = 0; i < bytes.Length; i++)
        {
            var lead = bytes[i];
            if (lead < 0x80)
            {
                if (lead is >= 0x20 and not 0x7F)
                    text.Append((char)lead);
            }
            else if (lead is >= 0x81 and <= 0xFE && i + 1 < bytes.Length && bytes[i + 1] is >= 0x40 and <= 0xFE and not 0x7F)
                text.Append(At(lead, bytes[++i]));
            else
                text.Append(lead == 0x80 ? '€' : '\uFFFD');
        }
        return text.ToString().Trim();
    }

    /// <summary>How many bytes it took; −1 when a character has no code or there is no room. A code takes two bytes, so a text never takes more than twice its length.</summary>
    public static int Encode(ReadOnlySpan<char> text, Span<byte> target)
    {
        var length = 0;
        foreach (var character in text)
        {
            var isAscii = character is >= ' ' and < '\x7F';
            var code = isAscii ? 0 : CodeOf(character);
            if (code < 0 || length + (isAscii ? 1 : 2) > target.Length)
                return -1;
            if (isAscii)
                target[length++] = (byte)character;
            else
            {
                BinaryPrimitives.WriteUInt16BigEndian(target[length..], (ushort)code);
                length += 2;
            }
        }
        return length;
    }

    /// <summary>Lead 81–FE, trail 40–FE without 7F; U+FFFD where there is nothing.</summary>
    public static char At(byte lead, byte trail)
    {
        var cell = (lead - 0x81) * TrailsPerLead + trail - 0x40 - (trail > 0x7F ? 1 : 0);
        return (char)BinaryPrimitives.ReadUInt16LittleEndian(Table.Value.AsSpan(cell * 2));
    }

    private static int CodeOf(char character)
    {
        if (character == '\uFFFD')
            return -1;
        for (var cell = 0; cell < Leads * TrailsPerLead; cell++)
            if (BinaryPrimitives.ReadUInt16LittleEndian(Table.Value.AsSpan(cell * 2)) == character)
            {
                var trail = 0x40 + cell % TrailsPerLead;
                return (0x81 + cell / TrailsPerLead) << 8 | (trail >= 0x7F ? trail + 1 : trail);
            }
        return -1;
    }

    private static byte[] Load()
    {
        using var resource = typeof(Gbk).Assembly.GetManifestResourceStream("gbk.bin")!;
        var table = new byte[Leads * TrailsPerLead * 2];
        resource.ReadExactly(table);
        return table;
    }
}
