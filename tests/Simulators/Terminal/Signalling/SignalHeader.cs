namespace EdgeRecorder.Simulators.Terminal.Signalling;

/// <summary>Which header a terminal writes (JT/T 808: 12 bytes in 2011 and 2013, 17 in 2019) and whether bit 14 of the properties says so.</summary>
internal enum HeaderForm
{
    /// <summary>The same header as <see cref="V2013"/>; 0x0100 has other widths.</summary>
    V2011,
    V2013,

    /// <summary>12 bytes, but bit 14 is set.</summary>
    V2013WithBit14,
    V2019,

    /// <summary>17 bytes, but bit 14 is clear.</summary>
    V2019WithoutBit14,
}

internal static class HeaderForms
{
    /// <summary>17 bytes: a version byte and a phone number of 20 digits.</summary>
    public static bool IsWide(this HeaderForm form) => form is HeaderForm.V2019 or HeaderForm.V2019WithoutBit14;

    public static bool SetsBit14(this HeaderForm form) => form is HeaderForm.V2019 or HeaderForm.V2013WithBit14;
}

/// <param name="Version">Protocol version byte of the wide header: 1 in the first revision.</param>
/// <param name="Phone">Digits; shorter ones are padded with zeros in front, of longer ones the last count.</param>
/// <param name="Total">Packages of a long message; 0 = the message is one package and has no package fields.</param>
/// <param name="Index">1…<paramref name="Total"/>.</param>
internal readonly record struct SignalHeader(ushort Id, HeaderForm Form, byte Version, string Phone, ushort Serial, ushort Total = 0, ushort Index = 0);
