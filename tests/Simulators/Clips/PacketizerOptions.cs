namespace EdgeRecorder.Simulators.Clips;

/// <summary>Where the marker bit stands; the first is right, the others are seen on cameras.</summary>
internal enum MarkerRule
{
    /// <summary>On the last packet of the access unit (RFC 6184, 5.1).</summary>
    AccessUnit,

    /// <summary>Nowhere: only the timestamp tells where a picture ends.</summary>
    None,

    /// <summary>On the last packet of every NAL unit, parameter sets included.</summary>
    NalUnit,
}

/// <param name="MaxPayload">Largest RTP payload in bytes; 1400 fits an Ethernet frame with room for tunnels.</param>
/// <param name="Aggregate">Small NAL units travel together (STAP-A, AP).</param>
/// <param name="InBandParameterSets">Parameter sets are sent before each sync sample, not only in SDP.</param>
internal sealed record PacketizerOptions(int MaxPayload, bool Aggregate, MarkerRule Marker, bool InBandParameterSets);
