using System.Buffers.Binary;
using System.Text;

namespace EdgeRecorder.Bytes;

/// <summary>
/// GB 18030-2005, which holds GB2312 and GBK: the two-byte codes of <see cref="Gbk"/>, the 79 that it has elsewhere, and the four-byte codes of everything else in Unicode. The
/// four-byte codes of the basic plane are 206 runs in the order of Unicode, those above are one.
/// </summary>
internal static class Gb18030
{
    private const int Runs = 206, FirstAbove = 189_000;     // 90 30 81 30 is U+10000

    private static readonly Lazy<Tables> Loaded = new(() => new());

    /// <summary>A code takes four bytes at most.</summary>
    public static int MostBytes(int characters) => characters * 4;

    /// <summary>What cannot be read becomes U+FFFD; nothing is left out.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        for (var i = 0; i < bytes.Length; i++)
        {
            var lead = bytes[i];
            if (lead < 0x80)
                text.Append((char)lead);
            else if (lead is >= 0x81 and <= 0xFE && i + 1 < bytes.Length && bytes[i + 1] is >= 0x40 and <= 0xFE and not 0x7F)
                text.Append(Loaded.Value.Moved(Gbk.At(lead, bytes[++i])));
            else if (IsFour(bytes[i..]))
            {
                AppendFour(text, ((lead - 0x81) * 10 + bytes[i + 1] - 0x30) * 1260 + (bytes[i + 2] - 0x81) * 10 + bytes[i + 3] - 0x30);
                i += 3;
            }
            else
                text.Append(lead == 0x80 ? '€' : '\uFFFD');
        }
        return text.ToString();
    }

    /// <summary>Half a surrogate pair becomes a question mark.</summary>
    public static byte[] Encode(ReadOnlySpan<char> text)
    {
        var target = new byte[MostBytes(text.Length)];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var character = text[i];
            if (character < 0x80)
                target[length++] = (byte)character;
            else if (char.IsSurrogate(character))
            {
                if (i + 1 < text.Length && char.IsSurrogatePair(character, text[i + 1]))
                    WriteFour(target, ref length, FirstAbove + char.ConvertToUtf32(character, text[++i]) - 0x10000);
                else
                    target[length++] = (byte)'?';
            }
            else if (Loaded.Value.Codes[character] is not 0 and var code)
            {
                BinaryPrimitives.WriteUInt16BigEndian(target.AsSpan(length), code);
                length += 2;
            }
            else
                WriteFour(target, ref length, Loaded.Value.FourOf(character));
        }
        return target[..length];
    }

    private static bool IsFour(ReadOnlySpan<byte> bytes)
        => bytes is [>= 0x81 and <= 0xFE, >= 0x30 and <= 0x39, >= 0x81 and <= 0xFE, >= 0x30 and <= 0x39, ..];

    private static void AppendFour(StringBuilder text, int linear)
    {
        if (linear >= FirstAbove && linear - FirstAbove + 0x10000 <= 0x10FFFF)
            text.Append(char.ConvertFromUtf32(linear - FirstAbove + 0x10000));
        else
            text.Append(Loaded.Value.CharacterOf(linear));
    }

    private static void WriteFour(byte[] target, ref int length, int linear)
    {
        target[length++] = (byte)(0x81 + linear / 12600);
        target[length++] = (byte)(0x30 + linear / 1260 % 10);
        target[length++] = (byte)(0x81 + linear / 10 % 126);
        target[length++] = (byte)(0x30 + linear % 10);
    }

    private sealed class Tables
    {
        private const int LastOfBasic = 39_419;             // 84 31 A4 39: U+FFFF

        private readonly ushort[] _linear = new ushort[Runs], _first = new ushort[Runs];
        private readonly Dictionary<char, char> _moved = [];

        public Tables()
        {
            using var resource = typeof(Gb18030).Assembly.GetManifestResourceStream("gb18030.bin")!;
            var table = new byte[resource.Length];
            resource.ReadExactly(table);
            for (var i = 0; i < table.Length / 4; i++)
            {
                var (first, second) = (BinaryPrimitives.ReadUInt16LittleEndian(table.AsSpan(i * 4)), BinaryPrimitives.ReadUInt16LittleEndian(table.AsSpan(i * 4 + 2)));
                if (i < Runs)
                    (_linear[i], _first[i]) = (first, second);
                else
                    _moved.Add((char)first, (char)second);  // where GBK has a character of its private area
            }
            for (var lead = 0x81; lead <= 0xFE; lead++)
                for (var trail = 0x40; trail <= 0xFE; trail++)
                    if (trail != 0x7F && Moved(Gbk.At((byte)lead, (byte)trail)) is not '\uFFFD' and var character && Codes[character] == 0)
                        Codes[character] = (ushort)(lead << 8 | trail);
        }

        /// <summary>Two-byte codes; 0 where a character has none.</summary>
        public ushort[] Codes { get; } = new ushort[0x10000];

        public char Moved(char gbk) => _moved.GetValueOrDefault(gbk, gbk);

        public char CharacterOf(int linear)
        {
            if (linear > LastOfBasic)
                return '\uFFFD';
            var run = Array.BinarySearch(_linear, (ushort)linear);
            run = run < 0 ? ~run - 1 : run;
            return (char)(_first[run] + linear - _linear[run]);
        }

        public int FourOf(char character)
        {
            var run = Array.BinarySearch(_first, character);
            run = run < 0 ? ~run - 1 : run;
            return _linear[run] + character - _first[run];
        }
    }
}
