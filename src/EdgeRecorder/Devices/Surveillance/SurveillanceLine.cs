using System.Net;
using EdgeRecorder.Sip;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>Our end of every conversation with devices: who we are, and what it is spoken over.</summary>
/// <param name="mediaHost">What devices are told to send to; null: the address of ours that they are reached from.</param>
internal sealed class SurveillanceLine(SipEndpoint endpoint, string serverId, string domain, IPAddress? mediaHost, TimeProvider time)
{
    private const int MostSn = 999_999_999;
    private int _sn = Random.Shared.Next(MostSn);           // an answer to a question of the run before is none to ours

    public SipEndpoint Endpoint => endpoint;
    public string Domain => domain;
    public TimeProvider Time => time;
    public SipUri Server { get; } = new(serverId, domain);

    /// <summary>The number of the next document of ours, from 1.</summary>
    public int NextSn() => (int)((uint)Interlocked.Increment(ref _sn) % MostSn) + 1;

    public IPAddress LocalOf(SipFlow flow) => mediaHost ?? IPAddress.Parse(endpoint.LocalOf(flow).Host.Trim('[', ']'));
}
