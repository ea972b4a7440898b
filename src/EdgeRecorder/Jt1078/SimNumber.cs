using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace EdgeRecorder.Jt1078;

/// <summary>
/// Identity of a terminal: the digits of its phone number without leading zeros, "0" when there are none. JT/T 808 pads them to 12 or 20, JT/T 1078 to 12 or 20 on
/// its own, and people type neither; so all three go through here. Kept as the nibbles of the wire: no text is made per packet.
/// </summary>
/// <remarks>Nibbles A to F, which some terminals have in their 808 header, stay what they are; the media side refuses them (they tell its two header widths apart).</remarks>
internal readonly record struct SimNumber
{
    /// <summary>BCD[10], the widest there is.</summary>
    public const int MostDigits = 20;

    private static readonly UInt128 Last12 = ((UInt128)1 << 48) - 1;

    private readonly UInt128 _digits;                       // a nibble each, the last one lowest

    private SimNumber(UInt128 digits) => _digits = digits;

    /// <summary>Reads the BCD field of a JT/T 808 header, 6 or 10 bytes, whatever its nibbles are.</summary>
    public static SimNumber FromBcd(ReadOnlySpan<byte> bcd)
        => new(bcd.Length == 6
            ? new UInt128(0, (ulong)BinaryPrimitives.ReadUInt16BigEndian(bcd) << 32 | BinaryPrimitives.ReadUInt32BigEndian(bcd[2..]))
            : new UInt128(BinaryPrimitives.ReadUInt16BigEndian(bcd), BinaryPrimitives.ReadUInt64BigEndian(bcd[2..])));

    /// <summary>Reads the BCD field of a JT/T 1078 header, 6 or 10 bytes; false when a nibble is no decimal digit.</summary>
    public static bool TryReadDigits(ReadOnlySpan<byte> bcd, out SimNumber sim)
    {
        sim = FromBcd(bcd);
        return IsDecimal((ulong)sim._digits) && IsDecimal((ulong)(sim._digits >> 64));
    }

    /// <summary>False for anything but one to twenty hexadecimal digits.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out SimNumber sim)
    {
        sim = default;
        if (text is null or "" || text.Length > MostDigits || !UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var digits))
            return false;
        sim = new(digits);
        return true;
    }

    /// <exception cref="FormatException">It is none.</exception>
    public static SimNumber Parse(string text) => TryParse(text, out var sim) ? sim : throw new FormatException($"'{text}' is no number of 1 to {MostDigits} digits");

    /// <summary>
    /// Equal, or equal in the last 12 digits: a terminal with a phone of 20 digits that has 6 bytes for it in its media can send no more. Not transitive,
    /// hence not <c>Equals</c>; an exact match goes first.
    /// </summary>
    public bool EndsLike(SimNumber other) => Ending == other.Ending;

    /// <summary>The last 12 digits as a number of nibbles: what all numbers that <see cref="EndsLike"/> each other have in common.</summary>
    public ulong Ending => (ulong)(_digits & Last12);

    public override string ToString() => _digits.ToString("X", CultureInfo.InvariantCulture);

    /// <summary>No nibble is above 9: then adding 6 to each carries out of none.</summary>
    private static bool IsDecimal(ulong nibbles)
    {
        const ulong Sixes = 0x6666_6666_6666_6666;
        return nibbles <= ulong.MaxValue - Sixes && ((nibbles + Sixes ^ nibbles ^ Sixes) & 0x1111_1111_1111_1110) == 0;
    }
}
