// What the compiler's own checks find: an index beyond a C array, a misaligned vector, an integer divided by zero.
//
// With -fsanitize=bounds,alignment,integer-divide-by-zero the compiler calls the functions below instead of going
// wrong. Each gets a record with the place in the source and the types; usually UBSan's library prints it, here it
// becomes the error.
#pragma once

namespace emu {

struct SourceLocation { const char* file; uint32_t line, column; };
struct TypeDescriptor { uint16_t kind, info; char name[1]; };  // the name with quotation marks: 'float [64]'
struct OutOfBounds { SourceLocation at; const TypeDescriptor *array, *index; };
struct Division { SourceLocation at; const TypeDescriptor* type; };
struct Mismatch { SourceLocation at; const TypeDescriptor* type; unsigned char log_alignment, check; };

[[noreturn]] inline void trap(const SourceLocation& at) {
  say(" at %s:%u", base_name(at.file), at.line);
  fail_here();
}
inline void index_out_of_bounds(const OutOfBounds* record, uintptr_t index) {
  if (!launching) return;
  say("index %lld is out of bounds for an array of type %s,", (long long)index, record->array->name);
  trap(record->at);
}
inline void bad_division(const Division* record, uintptr_t divisor) {
  if (!launching || (divisor && record->type->kind == 0 && record->type->info < 14)) return;
  say("division by zero of type %s", record->type->name);
  trap(record->at);
}
inline void bad_pointer(const Mismatch* record, uintptr_t address) {
  if (!launching) return;
  if (!address) say("null pointer to %s used", record->type->name);
  else
    say("misaligned address 0x%llx for type %s, which needs a multiple of %u bytes,", (unsigned long long)address,
        record->type->name, 1u << record->log_alignment);
  trap(record->at);
}

}  // namespace emu

#define EMU_TRAP extern "C" __attribute__((visibility("hidden"), no_sanitize("thread", "bounds", "alignment"), used))
EMU_TRAP void __ubsan_handle_out_of_bounds(emu::OutOfBounds* r, uintptr_t i) { emu::index_out_of_bounds(r, i); }
EMU_TRAP void __ubsan_handle_divrem_overflow(emu::Division* r, uintptr_t, uintptr_t b) { emu::bad_division(r, b); }
EMU_TRAP void __ubsan_handle_type_mismatch_v1(emu::Mismatch* r, uintptr_t p) { emu::bad_pointer(r, p); }
