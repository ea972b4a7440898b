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

    /// <summary>Reads the BCD field of a header, 6 or 10 bytes.</summary>
    public static SimNumber FromBcd(ReadOnlySpan<byte> bcd)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bcd.Length, MostDigits / 2);
        UInt128 digits = 0;
        foreach (var pair in bcd)
            digits = digits << 8 | pair;
        return new(digits);
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

    /// <summary>
    /// Equal, or equal in the last 12 digits: a terminal with a phone of 20 digits that has 6 bytes for it in its media can send no more. Not transitive,
    /// hence not <c>Equals</c>; an exact match goes first.
    /// </summary>
    public bool EndsLike(SimNumber other) => (_digits & Last12) == (other._digits & Last12);

    public override string ToString() => _digits.ToString("X", CultureInfo.InvariantCulture);
}
