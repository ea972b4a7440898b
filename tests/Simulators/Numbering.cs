using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace EdgeRecorder.Simulators;

/// <summary>What the many peers of one process are called: codes and addresses count up from those of the first.</summary>
internal static class Numbering
{
    /// <summary>As many digits as the first code has.</summary>
    public static string Code(string first, int n)
        => (UInt128.Parse(first, CultureInfo.InvariantCulture) + (uint)n).ToString(CultureInfo.InvariantCulture).PadLeft(first.Length, '0');

    /// <summary>Null = the system chooses.</summary>
    public static IPAddress? Address(IPAddress? first, int n)
    {
        if (first is null)
            return null;
        var bytes = first.GetAddressBytes();
        BinaryPrimitives.WriteUInt32BigEndian(bytes, BinaryPrimitives.ReadUInt32BigEndian(bytes) + (uint)n);
        return new IPAddress(bytes);
    }
}
