using System.Net;

namespace EdgeRecorder.Jt1078;

/// <summary>What brings a stream: a TCP connection, or the address that datagrams come from.</summary>
internal interface IMediaCarrier
{
    /// <summary>Later ones are newer.</summary>
    long Ordinal { get; }

    IPEndPoint Source { get; }

    /// <summary>Packets may come in another order, and the end of it is not seen.</summary>
    bool IsDatagram { get; }

    /// <summary>It brings this stream from now on. Called under the stream's lock.</summary>
    void Took(MediaLease lease);

    /// <summary>It does so no longer. Called under the stream's lock.</summary>
    void Released(MediaLease lease);

    /// <summary>One of its streams wants its bytes sooner, or no longer. Takes no stream's lock.</summary>
    void LatencyChanged();

    /// <summary>Delivers what has arrived.</summary>
    void Drain();
}
