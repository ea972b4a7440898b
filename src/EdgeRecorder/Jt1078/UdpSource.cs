using System.Net;

namespace EdgeRecorder.Jt1078;

/// <summary>Where the datagrams of one stream come from. It is no identity: a terminal behind a NAT may change it.</summary>
internal sealed class UdpSource : IMediaCarrier
{
    private readonly SocketAddress _address;

    public UdpSource(SocketAddress address, IPEndPoint family, long ordinal)
    {
        _address = new(address.Family, address.Size);
        address.Buffer.Span[..address.Size].CopyTo(_address.Buffer.Span);
        _address.Size = address.Size;
        Source = MediaHub.Plain((IPEndPoint)family.Create(address));
        Ordinal = ordinal;
    }

    public long Ordinal { get; }
    public IPEndPoint Source { get; }
    public bool IsDatagram => true;

    public bool Is(SocketAddress address) => _address.Equals(address);

    public void Took(MediaLease lease)
    {
    }

    public void Released(MediaLease lease)
    {
    }

    public void LatencyChanged()
    {
    }

    /// <summary>Nothing is gathered: every datagram wakes.</summary>
    public void Drain()
    {
    }
}
