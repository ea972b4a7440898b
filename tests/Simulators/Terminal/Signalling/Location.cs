using System.Buffers.Binary;

namespace EdgeRecorder.Simulators.Terminal.Signalling;

/// <summary>An additional item of 0x0200: ID, length, value.</summary>
internal sealed record LocationItem(byte Id, byte[] Value)
{
    public static LocationItem U8(byte id, byte value) => new(id, [value]);

    public static LocationItem U16(byte id, ushort value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        return new(id, bytes);
    }

    public static LocationItem U32(byte id, uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return new(id, bytes);
    }
}

/// <summary>0x0200: where the vehicle is and what ails it.</summary>
/// <param name="Latitude">Degrees × 10^6, unsigned; status bits say south and west.</param>
/// <param name="AltitudeM">Metres.</param>
/// <param name="SpeedTenths">0.1 km/h.</param>
/// <param name="Direction">0–359, north is 0, clockwise.</param>
/// <param name="Time">GMT+8 by the standard; some terminals write UTC.</param>
internal sealed record Location(
    uint Alarm, uint Status, uint Latitude, uint Longitude, ushort AltitudeM, ushort SpeedTenths, ushort Direction, DateTime Time, IReadOnlyList<LocationItem> Items)
{
    public byte[] Write()
    {
        var body = new BodyWriter();
        body.U32(Alarm);
        body.U32(Status);
        body.U32(Latitude);
        body.U32(Longitude);
        body.U16(AltitudeM);
        body.U16(SpeedTenths);
        body.U16(Direction);
        body.Time(Time);
        foreach (var item in Items)
        {
            body.U8(item.Id);
            body.U8(item.Value.Length);
            body.Bytes(item.Value);
        }
        return body.ToArray();
    }

    /// <summary>0x0704: several, each with its length.</summary>
    /// <param name="isBlind">Stored while there was no network.</param>
    public static byte[] WriteBatch(IReadOnlyList<byte[]> locations, bool isBlind)
    {
        var body = new BodyWriter();
        body.U16(locations.Count);
        body.U8(isBlind ? 1 : 0);
        foreach (var location in locations)
        {
            body.U16(location.Length);
            body.Bytes(location);
        }
        return body.ToArray();
    }
}
