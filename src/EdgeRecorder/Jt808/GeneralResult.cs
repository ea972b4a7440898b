namespace EdgeRecorder.Jt808;

/// <summary>Result byte of the general replies 0x0001 and 0x8001; the last one is the platform's only.</summary>
internal enum GeneralResult : byte { Ok = 0, Failed = 1, BadMessage = 2, NotSupported = 3, AlarmConfirmed = 4 }
