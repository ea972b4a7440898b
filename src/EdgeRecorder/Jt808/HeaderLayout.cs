namespace EdgeRecorder.Jt808;

/// <summary>The two headers in the field. 2011 and 2013 share one; 2019 has a version byte and ten bytes of phone number (spec: message header).</summary>
internal enum HeaderLayout : byte { Jt2013, Jt2019 }
