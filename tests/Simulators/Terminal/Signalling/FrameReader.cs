using System.Buffers.Binary;

namespace EdgeRecorder.Simulators.Terminal.Signalling;

/// <summary>Cuts a byte stream into messages. What is no message is counted with its reason: a recorder must not send any.</summary>
internal sealed class FrameReader
{
    private const int RememberedReasons = 20;

    private readonly List<byte> _open = [];
    private bool _isInside;

    public int Malformed { get; private set; }

    public List<string> Reasons { get; } = [];

    public void Push(ReadOnlySpan<byte> bytes, Action<SignalHeader, byte[]> onMessage)
    {
        foreach (var b in bytes)
        {
            if (b != FrameWriter.Delimiter)
            {
                if (_isInside)
                    _open.Add(b);
                continue;
            }
            // A delimiter both ends and begins; two of them hold nothing between them.
            if (_open.Count > 0)
                Take(onMessage);
            _open.Clear();
            _isInside = true;
        }
    }

    public void Reject(string reason)
    {
        Malformed++;
        if (Reasons.Count < RememberedReasons)
            Reasons.Add(reason);
    }

    private void Take(Action<SignalHeader, byte[]> onMessage)
    {
        SignalHeader header;
        byte[] body;
        try
        {
            (header, body) = Read(Unescape());
        }
        catch (MalformedException e)
        {
            Reject($"{e.Message}: {Convert.ToHexString([.. _open])}");
            return;
        }
        onMessage(header, body);
    }

    private byte[] Unescape()
    {
        var plain = new List<byte>(_open.Count);
        for (var i = 0; i < _open.Count; i++)
        {
            if (_open[i] != FrameWriter.Escape)
                plain.Add(_open[i]);
            else if (i + 1 < _open.Count && _open[i + 1] is 1 or 2)
                plain.Add(_open[++i] == 1 ? FrameWriter.Escape : FrameWriter.Delimiter);
            else
                throw new MalformedException("7D without 01 or 02 behind it");
        }
        return [.. plain];
    }

    private static (SignalHeader, byte[]) Read(ReadOnlySpan<byte> frame)
    {
        byte check = 0;
        foreach (var b in frame)
            check ^= b;
        if (check != 0)
            throw new MalformedException("wrong check byte");
        var message = frame[..^1];
        if (message.Length < 12)
            throw new MalformedException("shorter than any header");

        var properties = BinaryPrimitives.ReadUInt16BigEndian(message[2..]);
        var packageFields = (properties & 1 << 13) != 0 ? 4 : 0;
        var hasBit14 = (properties & 1 << 14) != 0;
        var body = properties & 0x3FF;
        // Only the lengths tell the two headers apart for sure; bit 14 lies on some devices, and on recorders that answer in kind.
        var isWide = 17 + packageFields + body == message.Length;
        if (!isWide && 12 + packageFields + body != message.Length)
            throw new MalformedException($"{message.Length} bytes with a body of {body} have neither header");

        var reader = new BodyReader(message);
        var id = reader.U16();
        reader.U16();
        var version = isWide ? reader.U8() : (byte)0;
        var phone = Convert.ToHexString(reader.Bytes(isWide ? 10 : 6));
        var serial = reader.U16();
        var total = packageFields > 0 ? reader.U16() : (ushort)0;
        var index = packageFields > 0 ? reader.U16() : (ushort)0;
        var form = (isWide, hasBit14) switch
        {
            (true, true) => HeaderForm.V2019,
            (true, false) => HeaderForm.V2019WithoutBit14,
            (false, true) => HeaderForm.V2013WithBit14,
            _ => HeaderForm.V2013,
        };
        return (new SignalHeader(id, form, version, phone, serial, total, index), reader.Bytes(body).ToArray());
    }
}
